import { program } from "commander";
import { meterOf } from "../../src/shard/meter.ts";
import { fuzzStep } from "../support/fuzz-step.ts";
import { meet } from "../support/meet.ts";
import { hostileFrame, randomFrom } from "../support/mutate.ts";
import { CHAT } from "../support/person.ts";
import { startRegion } from "../support/region.ts";
import type { Stranger } from "../support/stranger.ts";
import { until } from "../support/until.ts";

// `npm run fuzz`: hostile frames through the decoder and the decision, then through a real socket of a real shard.

program
  .name("npm run fuzz --")
  .description(
    "Sends random and mutated frames through the decoder and the decision, then through real sockets. Exit 1 if anything throws.",
  )
  .option("--frames <count>", "frames through decoder and decision", "1000000")
  .option("--socket <count>", "frames through real sockets", "100000")
  .option("--seed <number>", "to run a failing run again", String(process.hrtime.bigint() % 1_000_000n))
  .parse();

const options = program.opts<{ frames: string; socket: string; seed: string }>();
const [frames, onSocket, seed] = [options.frames, options.socket, options.seed].map(Number) as [number, number, number];
if (![frames, onSocket, seed].every((count) => Number.isSafeInteger(count) && count >= 0)) {
  console.error("--frames, --socket and --seed are whole numbers from 0 up");
  process.exit(2);
}

const megabytes = (): number => {
  globalThis.gc?.();
  return Math.round(process.memoryUsage().rss / 1_048_576);
};

const startMb = megabytes();
const tally = fuzzStep(frames, seed, (done) => console.error(`${done} of ${frames} frames, ${megabytes()} MB`));
console.log(JSON.stringify({ fuzz: "step", seed, ...tally, threw: 0, startMb, endMb: megabytes() }));
console.log(JSON.stringify(await fuzzSockets(onSocket, seed)));
process.exit();

/**
 * Two people in a chat who send noise at each other, new ones every thousand frames, and two who only talk: those
 * must not notice.
 */
async function fuzzSockets(count: number, seed: number) {
  const wide = meterOf(1e9, 1_000);
  const meters = { frames: wide, frameBytes: wide, texts: wide, textBytes: wide, typing: wide };
  const region = await startRegion({ settings: meters });
  const enter = async (): Promise<[Stranger, Stranger]> => [await region.enter(), await region.enter()];
  const talkers = await enter();
  const chat = await meet(...talkers);
  const random = randomFrom(seed);
  const startMb = megabytes();
  let answers = 0;
  for (let sent = 0, id = 0; sent < count; ) {
    const noisy = await enter();
    const theirs = await meet(...noisy);
    for (let i = 0; i < 1_000 && sent < count; i++, sent++) {
      noisy[random() % 2]?.socket.send(hostileFrame(random).replaceAll(CHAT, theirs));
    }
    for (const one of noisy) {
      one.say({ type: "ping" });
      await one.next("pong");
      answers += one.heard.length;
      one.vanish();
    }
    talkers[0].say({ type: "message", chat_id: chat, id: ++id, text: "still here" });
    await until("the talkers' text", () => talkers[1].heard.some((frame) => frame.id === id));
    talkers[1].heard.length = 0;
    if (sent % 20_000 === 0) console.error(`${sent} of ${count} frames by socket, ${megabytes()} MB`);
  }
  const broken = region.shards[0]?.numbers.broken ?? 0;
  const endMb = megabytes();
  await region.stop();
  if (broken > 0) process.exitCode = 1;
  return { fuzz: "socket", seed, frames: count, answers, broken, startMb, endMb };
}
