import { Session } from "node:inspector/promises";
import { relative } from "node:path";

/** Where one function's own time went: its share of all CPU time of the window. */
export type HotSpot = { readonly name: string; readonly file: string; readonly share: number };

const SAMPLE_US = 500;
/** A longer gap between two samples was somebody else's turn on the processor. */
const SAMPLE_US_MAX = 2 * SAMPLE_US;
const SPOTS_MAX = 80;
/**
 * What V8 cannot see: it counts the whole poll for events as idle, and the socket library reads and parses in there.
 */
const OUTSIDE = "(reading sockets, outside of JavaScript)";

/** V8's sampling profiler of this process, as `--cpu-prof` uses it, for a window of its life. */
export function startProfiler(): { start(): Promise<void>; stop(): Promise<readonly HotSpot[]> } {
  const session = new Session();
  let from = process.cpuUsage();
  return {
    async start() {
      session.connect();
      await session.post("Profiler.enable");
      await session.post("Profiler.setSamplingInterval", { interval: SAMPLE_US });
      await session.post("Profiler.start");
      from = process.cpuUsage();
    },
    async stop() {
      const { user, system } = process.cpuUsage(from);
      const { profile } = await session.post("Profiler.stop");
      session.disconnect();
      return hotSpots(profile, user + system);
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

/** Each function's share of `cpuUs`, most first; what no sample explains is `OUTSIDE`. */
function hotSpots({ nodes, samples = [], timeDeltas = [] }: Profile, cpuUs: number): readonly HotSpot[] {
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
    const us = Math.min(timeDeltas[i] ?? 0, SAMPLE_US_MAX);
    seenUs += us;
    const name = frame.functionName === "" ? `(anonymous, line ${frame.lineNumber + 1})` : frame.functionName;
    add(name, frame.url.startsWith("file:") ? relative(process.cwd(), new URL(frame.url).pathname) : frame.url, us);
  });
  const totalUs = Math.max(cpuUs, seenUs);
  add(OUTSIDE, "", totalUs - seenUs);
  return [...spent.values()]
    .sort((a, b) => b.us - a.us)
    .slice(0, SPOTS_MAX)
    .map(({ name, file, us }) => ({ name, file, share: us / totalUs }));
}
