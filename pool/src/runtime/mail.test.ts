import type { Address, ChatId, SessionId } from "@whisper/shared/base/ids";
import type { Memo, MemoOf } from "@whisper/shared/bus/memos";
import { MEMO_BATCH_BYTES_MAX } from "@whisper/shared/limits";
import { expect, test } from "vitest";
import type { Bus } from "../ports.ts";
import { createMail } from "./mail.ts";

/** A bus that delivers at once, so that a test sees each payload. */
function loop(): Bus & { readonly payloads: [string, Uint8Array][] } {
  const listeners: [string, (payload: Uint8Array) => void][] = [];
  const payloads: [string, Uint8Array][] = [];
  return {
    payloads,
    publish(subject, payload) {
      payloads.push([subject, payload]);
      for (const [heard, on] of listeners) if (heard === subject) on(payload);
    },
    listen: (subject, on) => {
      listeners.push([subject, on]);
      return { stop: () => void listeners.splice(0) };
    },
    isUp: () => true,
    onUp: () => ({ stop: () => undefined }),
    flush: async () => undefined,
    close: async () => undefined,
  };
}
function world() {
  const bus = loop();
  const turns: (() => void)[] = [];
  const mail = createMail(bus, (run) => void turns.push(run));
  return { bus, mail, turns, turn: () => turns.splice(0).forEach((run) => void run()) };
}
const ADDRESS = "eu-west.p1.3.abc" as Address;
const text = (id: number, said = "x".repeat(64)): MemoOf<"text"> => ({
  kind: "text",
  chat: "c".repeat(22) as ChatId,
  to: "s".repeat(22) as SessionId,
  epoch: 4,
  address: ADDRESS,
  id,
  text: said,
  received: undefined,
});

test("[B11] memos of one turn to one subject share a payload, in order, and leave when the turn is over", () => {
  const { bus, mail, turns, turn } = world();
  const heard: Memo[] = [];
  mail.listen("wh.eu-west.in.p1.3", (memo) => void heard.push(memo));
  for (let id = 1; id <= 50; id++) mail.sendTo(ADDRESS, text(id));
  mail.send("wh.eu-west.desk", { kind: "desk_took", memo: 1 });
  expect(bus.payloads).toEqual([]);
  expect(turns.length).toBe(1);
  turn();
  expect(bus.payloads.map(([subject]) => subject)).toEqual(["wh.eu-west.in.p1.3", "wh.eu-west.desk"]);
  expect(heard).toEqual(Array.from({ length: 50 }, (_, i) => text(i + 1)));
  expect(mail.counts).toEqual({ sent: 51, payloads: 2, received: 50, unread: 0, faults: 0, unknownAddress: 0 });
  turn();
  mail.sendTo(ADDRESS, text(51));
  expect(turns.length).toBe(1);
  turn();
  expect(heard.at(-1)).toEqual(text(51));
});

test("[B11] no payload of several memos is longer than 48 KB, and none of them is lost or out of order", () => {
  const { bus, mail, turn } = world();
  const ids: number[] = [];
  mail.listen("wh.eu-west.in.p1.3", (memo) => void ids.push(memo.kind === "text" ? memo.id : -1));
  for (let id = 1; id <= 400; id++) mail.sendTo(ADDRESS, text(id, "é".repeat(id)));
  turn();
  expect(bus.payloads.length).toBeGreaterThan(2);
  for (const [, payload] of bus.payloads) expect(payload.length).toBeLessThanOrEqual(MEMO_BATCH_BYTES_MAX);
  expect(ids).toEqual(Array.from({ length: 400 }, (_, i) => i + 1));
});

test("[B11] a memo longer than a payload travels alone", () => {
  const { bus, mail, turn } = world();
  const lengths: number[] = [];
  mail.listen("s", (memo) => void lengths.push(memo.kind === "text" ? (memo.text?.length ?? 0) : -1));
  for (const said of ["a", "b".repeat(60_000), "c".repeat(70_000), "d"]) mail.send("s", text(1, said));
  turn();
  expect(lengths).toEqual([1, 60_000, 70_000, 1]);
  expect(bus.payloads.length).toBe(4);
});

test("[B11] what is sent while payloads leave goes with the next turn, none is lost", () => {
  const { mail, turn } = world();
  const ids: number[] = [];
  mail.listen("s", (memo) => {
    if (memo.kind !== "text") return;
    ids.push(memo.id);
    if (memo.id < 3) mail.send("s", text(memo.id + 1));
  });
  mail.send("s", text(1));
  for (let i = 0; i < 5; i++) turn();
  expect(ids).toEqual([1, 2, 3]);
});

test("[B11] flush sends at once, and the turn's end then has nothing to send", () => {
  const { bus, mail, turn } = world();
  mail.send("s", text(1));
  mail.flush();
  expect(bus.payloads.length).toBe(1);
  turn();
  expect(bus.payloads.length).toBe(1);
});

test.each(["", "eu-west", "eu-west.p1.3", "eu-west.*.3.abc", "eu-west.p1.3.abc.>", "EU.p1.3.abc"])(
  "[B12] a memo to %j is counted and goes nowhere",
  (address) => {
    const { bus, mail, turn } = world();
    mail.sendTo(address as Address, text(1));
    turn();
    expect(bus.payloads).toEqual([]);
    expect(mail.counts.unknownAddress).toBe(1);
  },
);

test("[B12] ten thousand different addresses are all served", () => {
  const { mail, turn } = world();
  for (let i = 0; i < 10_000; i++) mail.sendTo(`eu-west.p1.3.i${i}` as Address, text(1));
  turn();
  expect(mail.counts).toMatchObject({ sent: 10_000, unknownAddress: 0 });
});

test("[B3] rubbish on a subject is counted, and the next memo is heard", () => {
  const { bus, mail, turn } = world();
  let heard = 0;
  mail.listen("s", () => void heard++);
  bus.publish("s", Uint8Array.of(200, 200, 200));
  bus.publish("s", new Uint8Array(50));
  mail.send("s", text(1));
  turn();
  expect(heard).toBe(1);
  expect(mail.counts.unread).toBe(51);
});

test("[B11] a memo that breaks its own promise throws at its sender and leaves the others whole", () => {
  const { mail, turn } = world();
  let heard = 0;
  mail.listen("s", () => void heard++);
  mail.send("s", text(1));
  expect(() => mail.send("s", text(-1))).toThrow("a memo's number");
  mail.send("s", text(2));
  turn();
  expect(heard).toBe(2);
});

test("[B14] what a listener throws over one memo costs no other memo of the payload, and is told", () => {
  const { mail, turns } = world();
  const heard: number[] = [];
  mail.listen("s", (memo) => {
    const id = memo.kind === "text" ? memo.id : -1;
    if (id % 2 === 0) throw new RangeError(`over ${id}`);
    heard.push(id);
  });
  for (let id = 1; id <= 6; id++) mail.send("s", text(id));
  const [turn] = turns.splice(0);
  expect(turn).toThrow("over 2");
  expect(heard).toEqual([1, 3, 5]);
  expect(mail.counts.faults).toBe(3);
  mail.send("s", text(7));
  turns.splice(0).forEach((run) => void run());
  expect(heard).toEqual([1, 3, 5, 7]);
});
