import type { Child } from "./servers/child.ts";

/** The first line of JSON with a `ready` that a child prints; `undefined` when it ends or `waitMs` pass before. */
export function readyLine(child: Child, waitMs: number): Promise<Readonly<Record<string, unknown>> | undefined> {
  return new Promise((resolve) => {
    let rest = "";
    const end = (found: Readonly<Record<string, unknown>> | undefined): void => {
      clearTimeout(late);
      child.process.stdout?.off("data", hear);
      resolve(found);
    };
    const hear = (piece: string): void => {
      rest += piece;
      const lines = rest.split("\n");
      rest = lines.pop() ?? "";
      const found = lines.map(parse).find((line) => line?.ready !== undefined);
      if (found !== undefined) end(found);
    };
    const late = setTimeout(() => end(undefined), waitMs);
    child.process.stdout?.on("data", hear);
    child.gone.then(() => end(undefined));
  });
}

function parse(line: string): Readonly<Record<string, unknown>> | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const raw: unknown = JSON.parse(line);
    return typeof raw === "object" && raw !== null ? { ...raw } : undefined;
  } catch {
    return undefined; // a line for people
  }
}
