import type { SessionId } from "@whisper/shared/base/ids";
import type { Memo, MemoOf } from "@whisper/shared/bus/memos";
import { expect, test } from "vitest";
import { HERE, ME } from "../../test/support/person.ts";
import { ClerkCalls } from "./clerk-calls.ts";
import { Deadlines } from "./deadlines.ts";
import { charged, halfFull, meterOf, waitMs } from "./meter.ts";
import { Repeater } from "./repeater.ts";

const waiting = (name: string) => ({ name, wakeMs: Number.POSITIVE_INFINITY });

test("[G11] a deadline wakes once, never early, at most a tick late; a changed or cleared one does not wake at its old moment", () => {
  let nowMs = 1_000_000;
  const woken: [string, number][] = [];
  const wheel = new Deadlines<ReturnType<typeof waiting>>(nowMs, (one) => woken.push([one.name, nowMs]));
  const [a, b, c, past] = [waiting("a"), waiting("b"), waiting("c"), waiting("past")];
  wheel.set(a, nowMs + 120);
  wheel.set(b, nowMs + 500);
  wheel.set(b, nowMs + 130);
  wheel.set(c, nowMs + 100);
  wheel.clear(c);
  wheel.set(past, nowMs - 5_000);
  for (; nowMs < 1_001_000; nowMs += 10) wheel.turn(nowMs);
  expect(woken).toEqual([
    ["past", 1_000_050],
    ["a", 1_000_150],
    ["b", 1_000_150],
  ]);
});

test("[G12] a wheel that was not turned for a minute wakes all that came due meanwhile, once", () => {
  let count = 0;
  const wheel = new Deadlines<ReturnType<typeof waiting>>(0, () => count++);
  for (let i = 0; i < 100; i++) wheel.set(waiting(String(i)), i * 500);
  wheel.turn(60_000);
  wheel.turn(120_000);
  expect(count).toBe(100);
});

test("[G13] a deadline set for the past and cleared at once does not wake", () => {
  let count = 0;
  const wheel = new Deadlines<ReturnType<typeof waiting>>(10_000, () => count++);
  const one = waiting("one");
  wheel.set(one, 5);
  wheel.clear(one);
  wheel.turn(20_000);
  expect(count).toBe(0);
});

const left = { kind: "left", chat: "", to: "", epoch: 1, address: HERE } as unknown as Omit<MemoOf<"left">, "memo">;

test("[B20] a memo that must arrive is sent at once, at 0.2, 1 and 3 s, then every 5 s, and given up after 90 s", () => {
  let nowMs = 0;
  const sent: number[] = [];
  const repeater = new Repeater(() => nowMs);
  repeater.insist<MemoOf<"left">>(left, ME.session, () => sent.push(nowMs));
  for (; nowMs <= 120_000; nowMs += 50) repeater.turn(nowMs, true);
  expect(sent.slice(0, 6)).toEqual([0, 200, 1_000, 3_000, 8_000, 13_000]);
  expect(sent.at(-1)).toBeLessThanOrEqual(90_000);
  expect([repeater.size, repeater.given]).toEqual([0, 1]);
});

test("[B22] while the bus is away nothing is sent again, and that time does not count towards giving up", () => {
  let nowMs = 0;
  const sent: number[] = [];
  const repeater = new Repeater(() => nowMs);
  repeater.insist<MemoOf<"left">>(left, ME.session, () => sent.push(nowMs));
  for (; nowMs <= 100_000; nowMs += 50) repeater.turn(nowMs, false);
  expect([sent.length, repeater.size]).toEqual([1, 1]);
  repeater.all();
  for (; nowMs <= 250_000; nowMs += 50) repeater.turn(nowMs, true);
  expect(sent[1]).toBeLessThanOrEqual(100_100);
  expect(sent.at(-1)).toBeGreaterThan(180_000);
  expect([repeater.size, repeater.given]).toEqual([0, 1]);
});

test("[B21] an acknowledged memo is not sent again; the same acknowledgement twice is nothing", () => {
  let nowMs = 0;
  const sent: number[] = [];
  const repeater = new Repeater(() => nowMs);
  repeater.insist<MemoOf<"left">>(left, ME.session, (memo) => sent.push(memo.memo));
  expect(repeater.done(sent[0] as number)?.session).toBe(ME.session);
  expect(repeater.done(sent[0] as number)).toBeUndefined();
  for (; nowMs <= 10_000; nowMs += 50) repeater.turn(nowMs, true);
  expect(sent).toHaveLength(1);
});

test("[R30] a request is asked once more after 1.5 s, then silence is called back, once; a late answer is dropped", () => {
  let nowMs = 0;
  const sent: Memo[] = [];
  const heard: string[] = [];
  const calls = new ClerkCalls({ address: HERE, send: (memo) => sent.push(memo), nowMs: () => nowMs });
  const where = { kind: "where", session: ME.session, home: ME.home, chat: "" as never } as const;
  calls.ask<"where">(
    where,
    () => heard.push("answer"),
    () => heard.push("silence"),
  );
  for (; nowMs <= 5_000; nowMs += 50) calls.turn(nowMs);
  expect(sent).toHaveLength(2);
  expect(heard).toEqual(["silence"]);
  const late = { kind: "whereabouts", req: 1, chat: "in", partnerAddress: undefined, partnerEpoch: undefined } as const;
  expect(calls.answered(late)).toBe(false);
});

test("[B62] the bus is back: every open request is asked again at once, and its answer is taken once", () => {
  let nowMs = 0;
  const sent: Memo[] = [];
  const heard: string[] = [];
  const calls = new ClerkCalls({ address: HERE, send: (memo) => sent.push(memo), nowMs: () => nowMs });
  const where = { kind: "where", session: ME.session, home: ME.home, chat: "" as never } as const;
  const silent = (): void => void heard.push("silence");
  for (let i = 0; i < 2; i++) calls.ask<"where">(where, () => heard.push("answer"), silent);
  const said = { kind: "whereabouts", chat: "in", partnerAddress: undefined, partnerEpoch: undefined } as const;
  expect(calls.answered({ ...said, req: 1 })).toBe(true);
  nowMs = 100;
  calls.all();
  expect(sent.slice(2)).toEqual([sent[1]]);
  expect([calls.answered({ ...said, req: 2 }), calls.answered({ ...said, req: 2 })]).toEqual([true, false]);
  calls.all();
  for (; nowMs <= 5_000; nowMs += 50) calls.turn(nowMs);
  expect(sent).toHaveLength(3);
  expect(heard).toEqual(["answer", "answer"]);
});

test("[R31] an answer of another kind, or to nobody's request, is not taken", () => {
  const heard: string[] = [];
  const calls = new ClerkCalls({ address: HERE, send: () => undefined, nowMs: () => 0 });
  calls.ask<"forget">(
    { kind: "forget", session: ME.session as SessionId, home: ME.home, device: ME.device },
    () => heard.push("yes"),
    () => undefined,
  );
  expect(calls.answered({ kind: "written", req: 1, answer: "taken" })).toBe(false);
  expect(calls.answered({ kind: "forgotten", req: 2 })).toBe(false);
  expect(calls.answered({ kind: "forgotten", req: 1 })).toBe(true);
  expect(calls.answered({ kind: "forgotten", req: 1 })).toBe(false);
  expect(heard).toEqual(["yes"]);
});

test("[M5] a meter passes its burst at once, then one unit per interval; half full means half the burst", () => {
  const meter = meterOf(10, 1_000);
  let at = 0;
  let passed = 0;
  while (waitMs(meter, at, 50_000) === 0) {
    at = charged(meter, at, 50_000);
    passed++;
  }
  expect(passed).toBe(10);
  expect(waitMs(meter, at, 50_000)).toBe(100);
  expect(waitMs(meter, at, 50_099)).toBeGreaterThan(0);
  expect(waitMs(meter, at, 50_100)).toBe(0);
  at = halfFull(meter, 50_000);
  for (passed = 0; waitMs(meter, at, 50_000) === 0; passed++) at = charged(meter, at, 50_000);
  expect(passed).toBe(5);
});
