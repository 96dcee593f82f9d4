import { newSessionId, type PoolName, parseAddress } from "@whisper/shared/base/ids";
import { systemRandom } from "@whisper/shared/base/random";
import { heartbeatOf } from "@whisper/shared/bus/heartbeat";
import { heartbeatSubject } from "@whisper/shared/bus/subjects";
import { afterEach, expect, test } from "vitest";
import { openNatsBus } from "../src/adapters/nats/nats-bus.ts";
import { createMail } from "../src/runtime/mail.ts";
import { startChild } from "./support/child.ts";
import { type CutRegion, openCutRegion } from "./support/cut-region.ts";
import { type FastTime, fastTime } from "./support/fast-time.ts";
import { newDevice, REGION } from "./support/region.ts";
import { type Door, Traveller } from "./support/traveller.ts";
import { until } from "./support/until.ts";

// Absences that last longer than anybody's patience, on real shards, real clients and a real NATS server behind proxies
// that are cut. Time runs ten times as fast for all parts alike, so that every span keeps what it is to the others: the
// grace of 60 s is six, the bus is away for nine.

const TIMES = 10;
const SLACK_MS = 20_000;
let bench: CutRegion;
const people: Traveller[] = [];
afterEach(async () => {
  for (const one of people.splice(0)) one.leave();
  await bench.stop();
});

const wait = <T>(what: string, time: FastTime, look: () => T, mostMs: number) =>
  until(what, look, time.real(mostMs) + SLACK_MS, 5);

function arrive(door: Door | undefined, time: FastTime): Traveller {
  if (door === undefined) throw new Error("a door is where a shard is");
  const one = new Traveller(door, time, () => 0.5);
  people.push(one);
  return one;
}

/** Two who are in a chat with each other, through these doors; the first may have a time of their own. */
async function meet(
  doors: readonly [Door | undefined, Door | undefined],
  time: FastTime,
  own = time,
): Promise<readonly [Traveller, Traveller]> {
  const [a, b] = [arrive(doors[0], own), arrive(doors[1], time)];
  const interest = `topic ${people.length}`;
  for (const one of [a, b]) one.seek(interest);
  await wait("a proposal", time, () => [a, b].every(({ state }) => state.scene.scene === "proposed"), 25_000);
  for (const one of [a, b]) one.client.tell({ call: "accept" });
  await wait("a chat", time, () => a.chat !== undefined && a.chat === b.chat, 10_000);
  return [a, b];
}

/** Everything that one said was shown to the other, once and in order, and nobody was told that it is over. */
async function expectWhole(pairs: readonly (readonly [Traveller, Traveller])[], time: FastTime): Promise<void> {
  const all = pairs.flat();
  await wait("all texts are delivered", time, () => all.every((one) => one.isConfirmed && !one.isAlone), 60_000);
  for (const [a, b] of pairs) {
    expect(b.lines("partner")).toEqual(a.lines("me"));
    expect(a.lines("partner")).toEqual(b.lines("me"));
    for (const one of [a, b]) expect(one.scenes.slice(one.scenes.indexOf("chatting"))).toEqual(["chatting"]);
  }
}

test("[G60] the bus away for 90 s ends no chat, loses no text, and keeps the place of who went before it", async () => {
  const time = fastTime(TIMES);
  bench = await openCutRegion(2, time, true);
  const [one, other] = bench.doors;
  const pairs = [await meet([one, other], time), await meet([other, one], time), await meet([one, one], time)];
  const lonely = await meet([one, other], time);
  const [gone, left] = lonely;
  // Their network is gone for longer than the grace, but for the time in which no shard could know.
  const goneMs = time.nowMs();
  gone.door = { ...gone.door, url: "ws://127.0.0.1:9/v1/socket" };
  gone.vanish();
  await wait("they are missed", time, () => left.isAlone, 5_000);
  for (const shard of [0, 1]) bench.away(shard, true);
  const cutMs = time.nowMs();
  for (let no = 1; time.nowMs() < cutMs + 90_000; no++) {
    for (const one of [...pairs.flat(), left]) one.say(`text ${no}`);
    await wait("the next moment", time, () => time.nowMs() > cutMs + no * 9_000, 9_000);
  }
  for (const shard of [0, 1]) bench.away(shard, false);
  await expectWhole(pairs, time);
  // They were away for more than twice the grace by now, and the clock stood for most of it.
  await wait("they are past twice the grace", time, () => time.nowMs() > goneMs + 140_000, 60_000);
  expect(left.chat).toBeDefined();
  gone.door = bench.doors[1] as Door;
  await expectWhole([lonely], time);
}, 60_000);

test("[G60] the same absence without a cut ends when the grace is over: the clock does go", async () => {
  const time = fastTime(TIMES);
  bench = await openCutRegion(2, time, true);
  const [gone, left] = await meet([bench.doors[0], bench.doors[1]], time);
  gone.door = { ...gone.door, url: "ws://127.0.0.1:9/v1/socket" };
  gone.vanish();
  const goneMs = time.nowMs();
  await wait("it ends", time, () => left.state.scene.scene === "idle", 90_000);
  expect(time.nowMs() - goneMs).toBeGreaterThan(59_000);
}, 60_000);

/** A shard in a process of its own, and its supervisor's word, once a second, that it answers or does not. */
async function stoppableShard(time: FastTime, losesChats = false) {
  const { key, busUrl, region } = bench;
  const { times, beganMs } = time;
  const pool = "p9" as PoolName;
  const child = await startChild("fast-shard-child.ts", { key, busUrl, times, beganMs, pool, losesChats });
  const { pid, port, address } = child.ready as { pid: number; port: number; address: string };
  const bus = await openNatsBus(busUrl, () => undefined);
  const mail = createMail(bus, setImmediate);
  const { incarnation } = parseAddress(address as Parameters<typeof parseAddress>[0]) ?? { incarnation: "" };
  let answered = true;
  const url = `ws://127.0.0.1:${port}/v1/socket`;
  const beat = setInterval(() => {
    const line = { shard: 0, incarnation, sockets: 1, live: 1, max: 1_000, state: "up", answered } as const;
    mail.send(heartbeatSubject(REGION, pool), heartbeatOf({ region: REGION, pool, url }, [line]));
  }, time.real(1_000));
  const aud = [`${REGION}/${pool}`];
  const door: Door = {
    region: REGION,
    pool,
    url,
    ticket: ({ session: sub, device: dev, isNew }) => region.ticket({ sub, dev, aud, ...(isNew ? { new: true } : {}) }),
  };
  const freeze = (isStopped: boolean): void => {
    process.kill(pid, isStopped ? "SIGSTOP" : "SIGCONT");
    answered = !isStopped;
  };
  const kill = (): void => {
    clearInterval(beat);
    process.kill(pid, "SIGKILL");
    mail.send(heartbeatSubject(REGION, pool), { kind: "exited", address: address as never });
  };
  const stop = async (): Promise<void> => {
    clearInterval(beat);
    await child.stop();
    await bus.close();
  };
  return { child, door, freeze, kill, stop };
}

test("[G61] a shard stopped for 70 s, whose deadlines have passed when it wakes, ends no chat and doubles no text", async () => {
  const time = fastTime(TIMES);
  bench = await openCutRegion(1, time, true);
  const frozen = await stoppableShard(time);
  try {
    const here = bench.doors[0];
    // A hidden tab turns its timers once a minute: it notices nothing, and its socket stays where it is.
    const hidden = fastTime(TIMES, 60_000, time.beganMs);
    const pairs = [
      await meet([frozen.door, here], time),
      await meet([frozen.door, here], time, hidden),
      await meet([frozen.door, frozen.door], time),
      await meet([frozen.door, frozen.door], time, hidden),
    ];
    // One whose socket went just before: the deadline of their place passes while the shard stands.
    const [gone, left] = await meet([frozen.door, here], time);
    frozen.freeze(true);
    const stoppedMs = time.nowMs();
    for (const one of [...pairs.flat(), gone]) if (one.door === frozen.door && here !== undefined) one.door = here;
    gone.vanish();
    for (let no = 1; time.nowMs() < stoppedMs + 70_000; no++) {
      for (const one of pairs.flat()) one.say(`text ${no}`);
      await wait("the next moment", time, () => time.nowMs() > stoppedMs + no * 10_000, 10_000);
    }
    frozen.freeze(false);
    await expectWhole([...pairs, [gone, left]], time);
    expect(await frozen.child.ask("broken")).toBe(0);
  } finally {
    frozen.freeze(false);
    await frozen.stop();
  }
}, 60_000);

test("[D63] a shard killed between match_accepted and its write: the chat goes on, with what was said in it", async () => {
  const time = fastTime(TIMES);
  bench = await openCutRegion(1, time, true);
  const doomed = await stoppableShard(time, true);
  try {
    const pairs = [await meet([doomed.door, bench.doors[0]], time), await meet([doomed.door, doomed.door], time)];
    for (const one of pairs.flat()) one.say("into the middle of it");
    for (const one of pairs.flat()) if (bench.doors[0] !== undefined) one.door = bench.doors[0];
    doomed.kill();
    await expectWhole(pairs, time);
    for (const one of pairs.flat()) one.say("and after it");
    await expectWhole(pairs, time);
    for (const [a, b] of pairs) expect([a.chat, a.lines("me").length]).toEqual([b.chat, 2]);
  } finally {
    await doomed.stop();
  }
}, 60_000);

test.each([
  ["of the older", 0, "coming"],
  ["of the older", 0, "come"],
  ["of the newer", 1, "leaving"],
  ["of the newer", 1, "left"],
] as const)(
  "[G70] two sockets of one session on two pools, the bus %s cut at that moment (%i, %s): the newer stays",
  async (_whose, shard, at) => {
    const time = fastTime(TIMES);
    bench = await openCutRegion(2, time, true);
    const who = { session: newSessionId(systemRandom), device: newDevice() };
    const old = await bench.region.enter({ ...who, fresh: true });
    await old.next("session_created");
    let isCut = false;
    bench.mails[shard]?.arm({ kind: "superseded", at, about: who.session }, () => {
      isCut = true;
      bench.away(shard, true);
      time.setTimer(() => bench.away(shard, false), 5_000);
    });
    const young = await bench.region.enter({ ...who, shard: 1 });
    await young.next("resumed");
    expect(await old.end(time.real(90_000) + SLACK_MS)).toMatchObject({ code: 4302, reason: "superseded" });
    expect(isCut).toBe(true);
    await wait(
      "nothing is left to tell",
      time,
      () => bench.region.shards.every(({ repeater }) => repeater.size === 0),
      90_000,
    );
    young.say({ type: "ping" });
    await young.next("pong");
    expect(young.closed).toBeUndefined();
    young.leave();
  },
);
