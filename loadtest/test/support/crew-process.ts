import { fork } from "node:child_process";
import { join } from "node:path";
import { systemClock } from "@whisper/shared/base/clock";
import { decodeFromCompressedBase64 } from "hdr-histogram-js";
import type { HistogramName, Plan, WorkerTick } from "../../src/plan/plan.ts";

export { planOf } from "../../src/bench/small-plan.ts";

/** A worker in a process of its own, as a conductor starts it. */
export type CrewProcess = {
  readonly ticks: WorkerTick[];
  readonly done: Promise<WorkerTick>;
  stop(): void;
  kill(): void;
};

const WORKER = join(import.meta.dirname, "../../src/worker.ts");

/** A worker that begins at once with all people of the plan, from number `from`. */
export function startCrew(plan: Plan, from = 0): CrewProcess {
  const child = fork(WORKER, [], {
    execArgv: ["--disable-warning=ExperimentalWarning"],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const ticks: WorkerTick[] = [];
  const done = new Promise<WorkerTick>((resolve, reject) => {
    child.on("message", (word: WorkerTick) => {
      if (word.say === "done") resolve(word);
      else ticks.push(word);
    });
    child.once("exit", (code, signal) => reject(new Error(`the worker ended: ${code ?? signal}`)));
  });
  child.send({ say: "begin", plan, from, count: plan.connections, startAtMs: systemClock.nowMs() });
  return {
    ticks,
    done,
    stop: () => void child.send({ say: "stop" }),
    kill: () => void child.kill("SIGKILL"),
  };
}

/** The longest time of one kind, in milliseconds; 0 when there was none. */
export function longestMs(tick: WorkerTick, name: HistogramName): number {
  if (tick.histograms[name] === "") return 0;
  return decodeFromCompressedBase64(tick.histograms[name]).maxValue / 1_000;
}
