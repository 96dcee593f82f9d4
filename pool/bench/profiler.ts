import { Session } from "node:inspector/promises";
import { relative } from "node:path";

/** Where one function's own time went, of all that was sampled while the process was not idle. */
export type HotSpot = { readonly name: string; readonly file: string; readonly share: number };

const SAMPLE_US = 500;
const SPOTS_MAX = 60;

/** V8's sampling profiler of this process, as `--cpu-prof` uses it, for a window of its life. */
export function startProfiler(): { start(): Promise<void>; stop(): Promise<readonly HotSpot[]> } {
  const session = new Session();
  return {
    async start() {
      session.connect();
      await session.post("Profiler.enable");
      await session.post("Profiler.setSamplingInterval", { interval: SAMPLE_US });
      await session.post("Profiler.start");
    },
    async stop() {
      const { profile } = await session.post("Profiler.stop");
      session.disconnect();
      return hotSpots(profile);
    },
  };
}

type Node = {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
};
type Profile = { readonly nodes: readonly Node[]; readonly samples?: readonly number[] | undefined };

/** The share of samples of each function, most first. */
function hotSpots({ nodes, samples = [] }: Profile): readonly HotSpot[] {
  const frames = new Map(nodes.map((node) => [node.id, node.callFrame]));
  const counts = new Map<string, { name: string; file: string; count: number }>();
  let busy = 0;
  for (const id of samples) {
    const frame = frames.get(id);
    if (frame === undefined || frame.functionName === "(idle)") continue;
    busy++;
    const name = frame.functionName === "" ? `(anonymous, line ${frame.lineNumber + 1})` : frame.functionName;
    const file = frame.url.startsWith("file:") ? relative(process.cwd(), new URL(frame.url).pathname) : frame.url;
    const key = `${name} ${file}`;
    const spot = counts.get(key) ?? { name, file, count: 0 };
    spot.count++;
    counts.set(key, spot);
  }
  return [...counts.values()]
    .sort((a, b) => b.count - a.count)
    .slice(0, SPOTS_MAX)
    .map(({ name, file, count }) => ({ name, file, share: count / busy }));
}
