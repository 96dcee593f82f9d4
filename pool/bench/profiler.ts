import { readFileSync } from "node:fs";
import { Session } from "node:inspector/promises";
import { relative } from "node:path";

/** Where one function's own time went: its share of the time in which the process had work. */
export type HotSpot = { readonly name: string; readonly file: string; readonly share: number };

const SAMPLE_US = 500;
const SPOTS_MAX = 80;
/**
 * What V8 cannot see: it counts the whole poll for events as idle, and the socket library reads and parses in there.
 */
const OUTSIDE = "(reading sockets, outside of JavaScript)";

/**
 * How long the main thread has had work so far: it ran, or was ready to and another had its processor (proc(5),
 * schedstat). V8 samples by the clock on the wall, so that both kinds of time are in its samples.
 */
function activeUs(): number {
  const [ranNs, waitedNs] = readFileSync("/proc/self/schedstat", "utf8").split(" ").map(Number);
  return ((ranNs ?? 0) + (waitedNs ?? 0)) / 1_000;
}

/** V8's sampling profiler of this process, as `--cpu-prof` uses it, for a window of its life. */
export function startProfiler(): { start(): Promise<void>; stop(): Promise<readonly HotSpot[]> } {
  const session = new Session();
  let fromUs = 0;
  return {
    async start() {
      session.connect();
      await session.post("Profiler.enable");
      await session.post("Profiler.setSamplingInterval", { interval: SAMPLE_US });
      await session.post("Profiler.start");
      fromUs = activeUs();
    },
    async stop() {
      const us = activeUs() - fromUs;
      const { profile } = await session.post("Profiler.stop");
      session.disconnect();
      return hotSpots(profile, us);
    },
  };
}

type Node = {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
};
type Profile = {
  readonly nodes: readonly Node[];
  readonly samples?: readonly number[] | undefined;
  readonly timeDeltas?: readonly number[] | undefined;
};

/** Each function's share of `workUs`, most first; what no sample explains is `OUTSIDE`. */
function hotSpots({ nodes, samples = [], timeDeltas = [] }: Profile, workUs: number): readonly HotSpot[] {
  const frames = new Map(nodes.map((node) => [node.id, node.callFrame]));
  const spent = new Map<string, { name: string; file: string; us: number }>();
  const add = (name: string, file: string, us: number): void => {
    const key = `${name} ${file}`;
    const spot = spent.get(key) ?? { name, file, us: 0 };
    spot.us += us;
    spent.set(key, spot);
  };
  let seenUs = 0;
  samples.forEach((id, i) => {
    const frame = frames.get(id);
    if (frame === undefined || frame.functionName === "(idle)") return;
    if (frame.url === "node:inspector") return; // the profiler's own
    const us = timeDeltas[i] ?? 0;
    seenUs += us;
    const name = frame.functionName === "" ? `(anonymous, line ${frame.lineNumber + 1})` : frame.functionName;
    add(name, frame.url.startsWith("file:") ? relative(process.cwd(), new URL(frame.url).pathname) : frame.url, us);
  });
  const totalUs = Math.max(workUs, seenUs);
  add(OUTSIDE, "", totalUs - seenUs);
  return [...spent.values()]
    .sort((a, b) => b.us - a.us)
    .slice(0, SPOTS_MAX)
    .map(({ name, file, us }) => ({ name, file, share: us / totalUs }));
}
