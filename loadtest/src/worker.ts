import { setTimeout as pause } from "node:timers/promises";
import { Crew } from "./people/crew.ts";
import type { ToWorker, WorkerTick } from "./plan/plan.ts";

// One process of people, started by a conductor, which says `begin` and hears a tick every second and `done` at the
// end, after which this process ends by itself.

const TICK_MS = 1_000;
const LOOK_MS = 50;
/** How long the last texts and the last chats' ends are waited for; a person away has a minute to come back. */
const QUIET_MS_MAX = 20_000;
const STOPPED_MS_MAX = 2_000;
const CLOSE_MS_MAX = 5_000;

const say = (word: WorkerTick): void => void process.send?.(word);

let crew: Crew | undefined;
let isStopped = false;

async function run(people: Crew): Promise<void> {
  const ticking = setInterval(() => say(people.tick()), TICK_MS);
  while (!isStopped && people.nowMs() < people.endsAtMs) await pause(LOOK_MS);
  people.finish();
  const endMs = people.nowMs() + (isStopped ? STOPPED_MS_MAX : QUIET_MS_MAX);
  while (people.isTalking && people.nowMs() < endMs) await pause(LOOK_MS);
  people.leave();
  const goneMs = people.nowMs() + CLOSE_MS_MAX;
  while (people.sockets > 0 && people.nowMs() < goneMs) await pause(LOOK_MS);
  clearInterval(ticking);
  say(people.tick());
  say(people.done());
  people.stop();
  process.disconnect();
}

process.on("message", (word: ToWorker) => {
  if (word.say === "stop") isStopped = true;
  else if (crew === undefined) {
    crew = new Crew(word.plan, word.from, word.count, word.startAtMs);
    void run(crew);
  }
});
process.once("disconnect", () => process.exit(0));
