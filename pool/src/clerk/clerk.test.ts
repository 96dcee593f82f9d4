import { systemClock } from "@whisper/shared/base/clock";
import type { Address, ChatId, DeviceHash, PoolName, RegionName, SessionId } from "@whisper/shared/base/ids";
import { systemRandom } from "@whisper/shared/base/random";
import type { Memo, MemoOf } from "@whisper/shared/bus/memos";
import { clerkSubject, inboxSubject } from "@whisper/shared/bus/subjects";
import { ticketClaimsOf } from "@whisper/shared/credentials/claims";
import { openJwt } from "@whisper/shared/credentials/jwt";
import type { PoolReport } from "@whisper/shared/directory/pool-report";
import { afterEach, expect, test } from "vitest";
import { until } from "../../test/support/until.ts";
import { createMemoryNetwork } from "../adapters/memory/memory-bus.ts";
import { openMemoryDirectory } from "../adapters/memory/memory-directory.ts";
import { openMemoryRecords } from "../adapters/memory/memory-records.ts";
import type { Directory, Log, Records } from "../ports.ts";
import { createMail } from "../runtime/mail.ts";
import { type Clerk, type ClerkParts, startClerk } from "./clerk.ts";
import { newHandoverKey } from "./handover.ts";
import { RECORDS_SETTINGS } from "./records-settings.ts";

const EU = "eu-west" as RegionName;
const US = "us-east" as RegionName;
const ADDRESS = "eu-west.p1.0.abc" as Address;
const SESSION = "S".repeat(22) as SessionId;
const CHAT = "C".repeat(22) as ChatId;
const DEVICE = "dddddddddd0" as DeviceHash;
const HALF = `${CHAT}${"P".repeat(22)}${"q".repeat(11)}us-east us-east.p1.0.z 4`;
const AWAY = new Error("the store is away");

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

/** Regions on one bus, a shard's ear at `ADDRESS`, and switches for what breaks. */
function world() {
  const network = createMemoryNetwork();
  const lines: string[] = [];
  const note = (event: string): void => void lines.push(event);
  const log: Log = { info: note, warn: note, error: note };
  const rethrow = (error: unknown): void => {
    throw error;
  };
  const bus = network.join(rethrow);
  const mail = createMail(bus, setImmediate);
  const answers: Memo[] = [];
  mail.listen(inboxSubject({ region: EU, pool: "p1" as PoolName, shard: 0 }), (memo) => void answers.push(memo));
  const records = openMemoryRecords({ ...RECORDS_SETTINGS, settleMs: 0 }, systemClock, systemRandom);
  const directory = openMemoryDirectory();
  const clerk = async (region: RegionName, parts: Partial<ClerkParts> = {}): Promise<Clerk> => {
    const own = createMail(network.join(rethrow), setImmediate);
    const given = { mail: own, region, records, directory, log, clock: systemClock, random: systemRandom };
    const started = await startClerk({ ...given, publishEveryMs: 20, ...parts });
    stops.push(() => started.stop());
    return started;
  };
  const ask = (memo: Memo, region = EU): void => mail.send(clerkSubject(region), memo);
  const answer = async <K extends Memo["kind"]>(kind: K, req: number): Promise<MemoOf<K>> => {
    const find = () => answers.find((memo) => memo.kind === kind && "req" in memo && memo.req === req);
    await until(`${kind} ${req} is answered`, () => find() !== undefined, 2_000);
    return find() as MemoOf<K>;
  };
  return { bus, mail, records, directory, lines, answers, clerk, ask, answer };
}

const admit = (req: number, changed: Partial<MemoOf<"admit">> = {}): MemoOf<"admit"> => ({
  kind: "admit",
  req,
  address: ADDRESS,
  session: SESSION,
  home: EU,
  epoch: 4_000,
  attempt: 1,
  fresh: true,
  device: DEVICE,
  network: "n",
  ...changed,
});
const write = (req: number, changed: Partial<MemoOf<"write">> = {}): MemoOf<"write"> => ({
  kind: "write",
  req,
  address: ADDRESS,
  session: SESSION,
  home: EU,
  epoch: 4_000,
  rev: 1,
  device: DEVICE,
  place: "chatting",
  details: undefined,
  half: HALF,
  over: undefined,
  at: undefined,
  ...changed,
});
const of = { address: ADDRESS, session: SESSION, home: EU };
const endHalf = (req: number): Memo => ({ kind: "end_half", req, ...of, chat: CHAT, epoch: 4_000 });
const where = (req: number): Memo => ({ kind: "where", req, ...of, chat: CHAT });
const touch = (req: number, changed: Partial<MemoOf<"touch">> = {}): MemoOf<"touch"> => ({
  kind: "touch",
  req,
  address: ADDRESS,
  home: EU,
  sessions: [SESSION, "T".repeat(22)],
  epochs: ["4000", "4000"],
  ...changed,
});
const forget = (req: number): Memo => ({ kind: "forget", req, ...of, device: DEVICE });
const handover = (req: number, changed: Partial<MemoOf<"handover">> = {}): MemoOf<"handover"> => ({
  kind: "handover",
  req,
  ...of,
  pools: ["p1", "p2"],
  lane: "live",
  network: "n",
  ...changed,
});
const report = (pool: string, changed: Partial<PoolReport> = {}): PoolReport => ({
  region: EU,
  pool: pool as PoolName,
  url: "ws://127.0.0.1:9001/v1/socket",
  lat: 1,
  lon: 2,
  state: "up",
  live: 0,
  sockets: 0,
  socketsMax: 10,
  atMs: systemClock.nowMs(),
  ...changed,
});
const load = (said: unknown): Memo => ({
  kind: "load",
  report: typeof said === "string" ? said : JSON.stringify(said),
});

test("[G64] who comes in again before anybody confirmed it: the shard hears of all shards before", async () => {
  const { ask, answer, clerk } = world();
  await clerk(EU);
  ask(admit(1));
  ask(admit(2, { epoch: 8_000, attempt: 2, address: "eu-west.p2.0.abc" as typeof ADDRESS }));
  ask(admit(3, { epoch: 12_000, attempt: 3 }));
  expect(await answer("admitted", 3)).toMatchObject({ before: "eu-west.p2.0.abc", earlier: ADDRESS });
});

test("[R14] each request is answered at the asker's inbox with its number", async () => {
  const { ask, answer, clerk } = world();
  await clerk(EU);
  ask(admit(1));
  expect(await answer("admitted", 1)).toMatchObject({ answer: "new", place: undefined, before: undefined });
  ask(write(2));
  expect(await answer("written", 2)).toMatchObject({ answer: "taken" });
  ask(where(3));
  expect(await answer("whereabouts", 3)).toMatchObject({ chat: "in", partnerAddress: ADDRESS, partnerEpoch: 4_000 });
  ask(touch(4));
  expect(await answer("touched", 4)).toMatchObject({ lower: [], missing: ["T".repeat(22)] });
  ask(admit(5, { epoch: 8_000, attempt: 2 }));
  const back = { answer: "back", place: "chatting", half: HALF, before: ADDRESS, details: undefined };
  expect(await answer("admitted", 5)).toMatchObject(back);
  ask(endHalf(6));
  const refused = { answer: "refused", partnerAddress: ADDRESS, partnerEpoch: 8_000 };
  expect(await answer("half_ended", 6)).toMatchObject(refused);
  ask(write(7));
  expect(await answer("written", 7)).toMatchObject({ answer: "lower" });
  ask(forget(8));
  await answer("forgotten", 8);
  ask(where(9));
  expect(await answer("whereabouts", 9)).toMatchObject({ chat: "unknown", partnerAddress: undefined });
});

test("[R14] a doubled request is answered twice alike, also by two clerks", async () => {
  const { ask, answers, clerk } = world();
  await clerk(EU);
  await clerk(EU);
  for (let i = 0; i < 4; i++) ask(admit(1));
  await until("all are answered", () => answers.length === 4);
  expect(new Set(answers.map((memo) => JSON.stringify(memo))).size).toBe(1);
  for (let i = 0; i < 4; i++) ask(write(2));
  await until("all are answered", () => answers.length === 8);
  expect(answers.slice(4).every((memo) => memo.kind === "written" && memo.answer === "taken")).toBe(true);
});

test("[R4] the admission of a banned device is answered with the seconds that are left", async () => {
  const { ask, answer, records, clerk } = world();
  await clerk(EU);
  const nowMs = systemClock.nowMs();
  await records.ban(DEVICE, nowMs + 90_400, "spam", nowMs);
  ask(admit(1));
  const { answer: said, banS, banReason } = await answer("admitted", 1);
  expect([said, banReason]).toEqual(["banned", "spam"]);
  expect(banS).toBeGreaterThan(85);
});

test("[R3] who holds a ticket for another's record learns no more than that it is stale", async () => {
  const { ask, answer, clerk } = world();
  await clerk(EU);
  ask(admit(1));
  ask(admit(2, { device: "eeeeeeeeee0" as DeviceHash, epoch: 9_000 }));
  expect(await answer("admitted", 2)).toEqual({ ...(await answer("admitted", 1)), req: 2, answer: "stale" });
});

test("[R15] a request about a session of another home is answered by that home's clerk, to the asker", async () => {
  const { ask, answer, clerk } = world();
  const far = openMemoryRecords({ ...RECORDS_SETTINGS, settleMs: 0 }, systemClock, systemRandom);
  const [here, there] = [await clerk(EU), await clerk(US, { records: far })];
  ask(admit(1, { home: US }));
  expect(await answer("admitted", 1)).toMatchObject({ answer: "new" });
  expect([here.counts.passedOn, here.counts.answered, there.counts.answered]).toEqual([1, 0, 1]);
  expect(await far.holderOf(SESSION)).toEqual({ epoch: 4_000, device: DEVICE });
});

test("[R15] a home that is nowhere answers nothing, and nothing goes round in circles", async () => {
  const { ask, answer, answers, clerk } = world();
  const here = await clerk(EU);
  ask(admit(1, { home: "mars" as RegionName }));
  ask(admit(2));
  await answer("admitted", 2);
  expect(answers.length).toBe(1);
  expect(here.counts.passedOn).toBe(1);
});

test("[R16] while the store is away some are told, and the others are left to repeat; then all is well", async () => {
  const { ask, answer, answers, records, lines, clerk } = world();
  let isAway = true;
  const gate = <A extends unknown[], R>(call: (...args: A) => Promise<R>) => {
    return (...args: A): Promise<R> => (isAway ? Promise.reject(AWAY) : call(...args));
  };
  const flaky: Records = {
    ...records,
    admit: gate(records.admit),
    write: gate(records.write),
    endHalf: gate(records.endHalf),
    where: gate(records.where),
    touch: gate(records.touch),
    forget: gate(records.forget),
    holderOf: gate(records.holderOf),
  };
  const handoverKey = await newHandoverKey(EU, 0, systemRandom);
  const { counts } = await clerk(EU, { records: flaky, handoverKey });
  for (const memo of [write(1), touch(2), forget(3), handover(4), admit(5), endHalf(6), where(7)]) ask(memo);
  expect(await answer("admitted", 5)).toMatchObject({ answer: "home_away" });
  expect(await answer("half_ended", 6)).toMatchObject({ answer: "home_away" });
  expect(await answer("whereabouts", 7)).toMatchObject({ chat: "home_away" });
  expect([answers.length, counts.failed]).toEqual([3, 7]);
  expect(lines).toEqual(["records_away"]);
  isAway = false;
  ask(write(1));
  expect(await answer("written", 1)).toMatchObject({ answer: "taken" });
  expect(lines).toEqual(["records_away", "records_back"]);
});

test("[R17] rubbish on the clerk's subject is not answered, and the next request is", async () => {
  const { bus, ask, answer, answers, clerk } = world();
  const { counts } = await clerk(EU);
  for (let i = 0; i < 1_000; i++) bus.publish(clerkSubject(EU), systemRandom.bytes(1 + (i % 300)));
  ask(admit(1));
  await answer("admitted", 1);
  expect(answers.length).toBe(1);
  expect(counts.answered).toBe(1);
});

const unsound: readonly [string, Memo][] = [
  ["a memo for a desk", { kind: "desk_took", memo: 1 }],
  ["an answer", { kind: "forgotten", req: 1 }],
  ["a touch with fewer epochs than sessions", touch(1, { epochs: ["4000"] })],
  ["a touch of something that is no session", touch(1, { sessions: [SESSION, "nobody"] })],
  ["a touch with an epoch in words", touch(1, { epochs: ["4000", "many"] })],
  ["a touch of too many", touch(1, { sessions: Array(2_001).fill(SESSION), epochs: Array(2_001).fill("4") })],
  ["a write longer than a record", write(1, { details: "x".repeat(2_000) })],
  ["a write with a rev beyond four bytes", write(1, { rev: 2 ** 32 })],
  ["an admission with an epoch beyond six bytes", admit(1, { epoch: 2 ** 48 })],
  ["an admission with epoch 0", admit(1, { epoch: 0 })],
  ["a hand-over to no pool", handover(1, { pools: [] })],
  ["a hand-over to four pools", handover(1, { pools: ["a", "b", "c", "d"] })],
  ["a hand-over to something that is no pool", handover(1, { pools: ["a/b"] })],
  ["a load that is no JSON", load("{")],
  ["a load of another region", load(report("p1", { region: US }))],
  ["a load that is no report", load({ pool: "p1" })],
  ["a load that is too long", load(report("p1", { ops: "x".repeat(2_000) }))],
];
test.each(unsound)("[R17] %s is counted and not answered", async (_what, memo) => {
  const { ask, answer, answers, directory, clerk } = world();
  const { counts } = await clerk(EU);
  ask(memo);
  ask(admit(99));
  await answer("admitted", 99);
  await until("it was counted", () => counts.unsound === 1);
  expect(answers.length).toBe(1);
  expect(await directory.read()).toBeUndefined();
});

test("[R18] pools are in the directory at once when they appear or change state, and go when they are silent", async () => {
  const { ask, directory, clerk } = world();
  let nowMs = systemClock.nowMs();
  const published: string[][] = [];
  const noted: Directory = {
    ...directory,
    publish: async (reports, ...rest) => {
      await directory.publish(reports, ...rest);
      published.push(reports.map(({ pool }) => pool));
    },
  };
  const parts = { publishEveryMs: 3_600_000, clock: { nowMs: () => nowMs }, directory: noted };
  const { counts } = await clerk(EU, parts);
  const pools = async () => (await directory.read())?.reports.map(({ pool, state }) => `${pool} ${state}`).sort();
  ask(load(report("p1", { atMs: nowMs })));
  await until("it is there", async () => (await pools())?.join() === "p1 up");
  ask(load(report("p2", { atMs: nowMs })));
  await until("both are there", async () => (await pools())?.join() === "p1 up,p2 up");
  ask(load(report("p1", { state: "draining", atMs: nowMs + 1 })));
  await until("it drains", async () => (await pools())?.join() === "p1 draining,p2 up");
  ask(load(report("p1", { state: "up", atMs: nowMs })));
  ask(load(report("p3", { atMs: nowMs })));
  await until("the third is there", async () => (await pools())?.join() === "p1 draining,p2 up,p3 up");
  const before = counts.published;
  nowMs += 16_000;
  ask(load(report("p4", { sockets: 5, atMs: nowMs })));
  await until("the new one is there", async () => (await pools())?.includes("p4 up") === true);
  // The silent ones were not written again: the edge sees how old their last word is.
  expect(counts.published).toBe(before + 1);
  expect(published.at(-1)).toEqual(["p4"]);
});

test("[G71] a word of yesterday or of tomorrow is not in the directory, and keeps no word of today out of it", async () => {
  const { ask, directory, clerk } = world();
  const nowMs = systemClock.nowMs();
  await clerk(EU, { publishEveryMs: 20, clock: { nowMs: () => nowMs } });
  const pools = async () => (await directory.read())?.reports.map(({ pool }) => pool).sort();
  for (const [pool, offMs] of [
    ["p1", 86_400_000],
    ["p2", -86_400_000],
  ] as const) {
    ask(load(report(pool, { atMs: nowMs + offMs })));
  }
  ask(load(report("p3", { atMs: nowMs })));
  await until("the honest one is there", async () => (await pools())?.join() === "p3");
  // Their clocks are set right: what was said in the future is not newer than that.
  for (const pool of ["p1", "p2"]) {
    await until(`${pool} is there`, async () => {
      ask(load(report(pool, { atMs: nowMs })));
      return (await pools())?.some((one) => one === pool) === true;
    });
  }
});

test("[R18] of several clerks the one whose turn it is publishes what any of them heard", async () => {
  const { ask, directory, clerk } = world();
  let mine = 0;
  const clerks = await Promise.all([0, 1, 2].map((i) => clerk(EU, { turn: { isMine: async () => mine === i } })));
  for (const pool of ["p1", "p2", "p3", "p4"]) ask(load(report(pool)));
  await until("all are there", async () => (await directory.read())?.reports.length === 4);
  expect(clerks.map(({ counts }) => counts.published > 0)).toEqual([true, false, false]);
  mine = 2;
  await until("the turn has passed", () => (clerks[2]?.counts.published ?? 0) > 0);
});

test("[R18] while the directory is away the clerk answers on, asks it once at a time, and writes when it is back", async () => {
  const { ask, answer, directory, lines, clerk } = world();
  let isAway = true;
  let at = 0;
  let most = 0;
  /** Lets the directory answer; it takes its time until then. */
  let release: (() => void) | undefined;
  let isSlow = true;
  const flaky = {
    ...directory,
    async publish(...args: Parameters<typeof directory.publish>) {
      most = Math.max(most, ++at);
      if (isSlow)
        await new Promise<void>((resolve) => {
          release = resolve;
        });
      at--;
      if (isAway) throw new Error("away");
      await directory.publish(...args);
    },
  };
  const letAnswer = async (): Promise<void> => {
    await until("the directory is asked", () => release !== undefined);
    release?.();
    release = undefined;
  };
  await clerk(EU, { directory: flaky, publishEveryMs: 5 });
  // Each of these would be a reason to ask it at once.
  for (const pool of ["p1", "p2"]) ask(load(report(pool)));
  ask(admit(1));
  await answer("admitted", 1);
  await letAnswer();
  await until("it was noticed", () => lines.includes("directory_away"));
  await letAnswer();
  isAway = false;
  await letAnswer();
  await until("it is written", async () => (await directory.read())?.reports.length === 2);
  await until("it was noticed", () => lines.includes("directory_back"));
  isSlow = false;
  release?.();
  expect([most, lines.filter((line) => line === "directory_away").length]).toEqual([1, 1]);
});

test("[R19] a hand-over ticket is good for the record's holder, one step above the record, by the directory's key", async () => {
  const { ask, answer, directory, clerk } = world();
  await clerk(EU, { handoverKey: await newHandoverKey(EU, 0, systemRandom) });
  ask(admit(1, { epoch: 4_001 }));
  ask(load(report("p1")));
  await answer("admitted", 1);
  ask(handover(2));
  const { ticket } = await answer("handed_over", 2);
  const opened = openJwt(ticket ?? "", 1_024);
  if (!opened.ok) throw new Error("no ticket");
  const claims = ticketClaimsOf(opened.value.payload);
  expect(claims).toMatchObject({ sub: SESSION, dev: DEVICE, home: EU, ep: 4_004, lane: "live", net: "n" });
  expect(claims?.aud).toEqual(["eu-west/p1", "eu-west/p2"]);
  expect([claims?.new, claims?.scope]).toEqual([undefined, undefined]);
  await until("the key is there", async () => (await directory.read())?.handoverKeys?.length === 1);
  const jwk = (await directory.read())?.handoverKeys?.[0];
  if (jwk === undefined) throw new Error("no key");
  expect([jwk.kid, jwk.use]).toEqual([opened.value.kid, "handover"]);
  const { kty, crv, x } = jwk;
  const key = await crypto.subtle.importKey("jwk", { kty, crv, x }, "Ed25519", false, ["verify"]);
  const { signature, signed } = opened.value;
  expect(await crypto.subtle.verify("Ed25519", key, signature, signed)).toBe(true);
});

test("[Q8] all clerks of a region sign with the key that they are given; one without a key hands nobody over at first", async () => {
  const { ask, answer, directory, clerk } = world();
  const key = await newHandoverKey(EU, 0, systemRandom);
  const first = await clerk(EU, { handoverKey: key });
  ask(admit(1));
  ask(load(report("p1")));
  await answer("admitted", 1);
  ask(handover(2));
  const kidIn = (ticket = ""): string | undefined => {
    const opened = openJwt(ticket, 1_024);
    return opened.ok ? opened.value.kid : undefined;
  };
  expect(kidIn((await answer("handed_over", 2)).ticket)).toBe(key.kid);
  await first.stop();
  const again = await clerk(EU, { handoverKey: key });
  ask(handover(3));
  expect(kidIn((await answer("handed_over", 3)).ticket)).toBe(key.kid);
  await again.stop();
  let nowMs = systemClock.nowMs();
  const own = await clerk(EU, { clock: { nowMs: () => nowMs } });
  ask(load(report("p1", { atMs: nowMs })));
  await until(
    "its key is there",
    async () => (await directory.read())?.handoverKeys?.some((one) => one.kid !== key.kid) === true,
  );
  const shown = own.counts.published;
  await until("the clerk has noted it", () => own.counts.published > shown);
  ask(handover(4));
  expect((await answer("handed_over", 4)).ticket).toBeUndefined();
  for (let second = 0; second < 76; second++) {
    nowMs += 1_000;
    ask(load(report("p1", { atMs: nowMs })));
    const before = own.counts.published;
    await until("a round", () => own.counts.published > before);
  }
  ask(handover(5));
  expect((await answer("handed_over", 5)).ticket).toBeDefined();
});

test("[R19] without a record there is no hand-over ticket", async () => {
  const { ask, answer, clerk } = world();
  await clerk(EU, { handoverKey: await newHandoverKey(EU, 0, systemRandom) });
  ask(handover(1));
  expect((await answer("handed_over", 1)).ticket).toBeUndefined();
});

test("[R14] a clerk that stops finishes what it took and hears no more", async () => {
  const { ask, answers, records, clerk } = world();
  let go: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  const slow: Records = {
    ...records,
    admit: async (...args) => {
      await gate;
      return records.admit(...args);
    },
  };
  const one = await clerk(EU, { records: slow });
  ask(admit(1));
  await until("it was taken", () => new Promise((resolve) => setImmediate(() => resolve(true))));
  await new Promise((resolve) => setImmediate(resolve));
  let isStopped = false;
  const stopping = one.stop().then(() => {
    isStopped = true;
  });
  ask(admit(2));
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
  expect(isStopped).toBe(false);
  go();
  await stopping;
  await until("the first is answered", () => answers.length === 1);
  expect(one.counts.answered).toBe(1);
});
