import { setTimeout as pause } from "node:timers/promises";
import { systemClock } from "@whisper/shared/base/clock";
import type { ToWorker } from "../../src/plan/plan.ts";
import { tickOf } from "./ticks.ts";

// A worker without people, which does what the plan's target says: the fault's name, for the one whose people begin
// with number 0; the others are well.

const TICK_MS = 250;
type Begin = Extract<ToWorker, { say: "begin" }>;

let [isStopped, texts, startedAtMs] = [false, 0, 0];
const sinceMs = (): number => systemClock.nowMs() - startedAtMs;
const say = (word: unknown): void => void process.send?.(word);
const tick = (): void => {
  texts++;
  say(tickOf({ atMs: sinceMs(), counts: { textsSent: 1 }, gauges: { sockets: 2 }, times: { text: [1_000] } }));
};

function goWrong(fault: string): void {
  switch (fault) {
    case "dies":
      process.kill(process.pid, "SIGKILL");
      return;
    case "throws":
      throw new Error("this was not to be");
    case "hangs":
      for (;;);
    case "nonsense":
      return say({ say: "tick", counts: "many" });
    case "garbled":
      return say({
        ...tickOf({ atMs: sinceMs() }),
        histograms: { connect: "?", match: "", text: "", resume: "" },
      });
    case "askew":
      return say(tickOf({ atMs: 1e15 }));
    case "floods":
      for (let no = 0; no < 50_000; no++) say(tickOf({ atMs: sinceMs() }));
      return;
    case "leaves":
      process.disconnect();
      return;
    default: // well
  }
}

async function run({ plan, from, startAtMs }: Begin): Promise<void> {
  const fault = from === 0 ? new URL(plan.target).hostname : "well";
  startedAtMs = startAtMs;
  const endMs = startAtMs + plan.rampMs + plan.holdMs;
  for (let at = 1; systemClock.nowMs() < endMs && !isStopped; at++) {
    await pause(TICK_MS);
    if (systemClock.nowMs() < startAtMs) continue;
    tick();
    if (at % 2 === 0) goWrong(fault);
  }
  if (fault === "stays") return;
  const times = { text: Array<number>(texts).fill(1_000) };
  const done = tickOf({ say: "done", atMs: sinceMs(), counts: { textsSent: texts }, times });
  say(fault === "garbled-end" ? { ...done, histograms: { ...done.histograms, text: "?" } } : done);
}

process.on("message", (word: ToWorker) => {
  if (word.say === "stop") isStopped = true;
  else void run(word);
});
process.once("disconnect", () => process.exit(0));
