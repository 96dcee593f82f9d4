import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../../../..");
const READY_MS = 60_000;

export type Product = { readonly url: string; stop(): Promise<void> };

/** Starts the product as `npm start` does, on free ports; resolves with the page's address at its ready line. */
export async function startProduct(given: { readonly PATH: string; readonly HOME: string }): Promise<Product> {
  const env = { ...given, WHISPER_EDGE_PORT: "0", WHISPER_POOL_PORTS: "0", WHISPER_OPS_PORTS: "0" };
  const child = spawn(process.execPath, [join(ROOT, "pool/world/cli.ts")], {
    cwd: ROOT,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said: string[] = [];
  child.stderr.on("data", (piece: Buffer) => said.push(String(piece)));
  const url = await readyLine(child, said);
  return {
    url,
    stop: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null) return resolve();
        child.once("exit", () => resolve());
        child.kill("SIGINT");
      }),
  };
}

function readyLine(child: ChildProcess, said: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => reject(new Error(`${why}:\n${said.join("")}`));
    const late = setTimeout(() => fail("not ready in time"), READY_MS);
    let out = "";
    child.stdout?.on("data", (piece: Buffer) => {
      out += String(piece);
      const ready = /^whisper ready (http:\S+)$/m.exec(out)?.[1];
      if (ready === undefined) return;
      clearTimeout(late);
      resolve(ready);
    });
    child.once("exit", (code) => {
      clearTimeout(late);
      fail(`it ended with ${code}`);
    });
  });
}
