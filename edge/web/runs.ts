import type { Line } from "@whisper/shared/client/view";

/** Lines of one person with less than this between them stand together. */
const APART_MS = 180_000;

/** Neighbouring lines of one person, shown under one time. */
export type Run = { readonly key: string; readonly from: Line["from"]; readonly lines: readonly Line[] };

/** The transcript as runs, in its order; no line is lost or moved. */
export function runsOf(transcript: readonly Line[]): readonly Run[] {
  const runs: { key: string; from: Line["from"]; lines: Line[] }[] = [];
  for (const line of transcript) {
    const run = runs.at(-1);
    const last = run?.lines.at(-1);
    if (run !== undefined && last !== undefined && run.from === line.from && line.atMs - last.atMs < APART_MS)
      run.lines.push(line);
    else runs.push({ key: `${line.from}${line.id}`, from: line.from, lines: [line] });
  }
  return runs;
}

/** What a run of mine shows: the state of its last text that was not refused; for the partner's nothing. */
export function runState(run: Run): "waiting" | "delivered" | undefined {
  const state = run.lines.findLast((line) => line.state !== "refused")?.state;
  return run.from === "me" && state !== "refused" ? state : undefined;
}
