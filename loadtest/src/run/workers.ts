import type { Clock } from "@whisper/shared/base/clock";
import type { Plan } from "../plan/plan.ts";
import { PartWatch } from "./part-watch.ts";
import type { PartEvents, Parts } from "./parts.ts";
import type { Share } from "./preflight.ts";
import { startWorker, type WorkerFile, type WorkerProcess } from "./worker-process.ts";

/** After the hold people leave, and stragglers are given up. */
const LEAVE_MS_MAX = 40_000;
/** A clock that differs by more is no clock. */
const ASKEW_MS_MAX = 120_000;

/** Starts a process on this machine for each share of the people. */
export function openWorkers(
  plan: Plan,
  shares: readonly Share[],
  file: WorkerFile,
  clock: Clock,
  events: PartEvents,
): Parts {
  const named = shares.map((share, at) => ({ name: `worker ${at + 1}`, share }));
  const alive = new Map<string, WorkerProcess>();
  const all: WorkerProcess[] = [];
  const watch = new PartWatch(clock, (part, why) => alive.get(part)?.lose(why));
  let runsFromMs = 0;
  const forget = (part: string): void => {
    alive.delete(part);
    watch.forget(part);
  };
  for (const { name } of named) {
    const worker = startWorker(file, () => performance.now(), {
      tick(tick) {
        if (Math.abs(tick.atMs - (clock.nowMs() - runsFromMs)) > ASKEW_MS_MAX)
          return worker.lose("said something unreadable");
        watch.heard(name);
        if (tick.say === "done") forget(name);
        events.tick(name, tick);
      },
      lost(why, lastWords) {
        forget(name);
        events.lost(name, why, lastWords);
      },
    });
    alive.set(name, worker);
    all.push(worker);
  }
  return {
    names: named.map(({ name }) => name),
    begin(startAtMs) {
      runsFromMs = startAtMs;
      for (const { name, share } of named) alive.get(name)?.say({ say: "begin", plan, ...share, startAtMs });
      watch.begin([...alive.keys()], startAtMs, plan.rampMs + plan.holdMs + LEAVE_MS_MAX);
    },
    stop() {
      for (const worker of alive.values()) worker.say({ say: "stop" });
      watch.stopping();
    },
    lose: (part, why) => alive.get(part)?.lose(why),
    async end() {
      watch.end();
      await Promise.all(all.map((worker) => worker.end()));
    },
  };
}
