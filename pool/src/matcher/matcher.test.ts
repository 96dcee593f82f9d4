import { InvariantError } from "@whisper/shared/base/assert";
import type { Address } from "@whisper/shared/base/ids";
import type { Memo } from "@whisper/shared/bus/memos";
import { deskSubject } from "@whisper/shared/bus/subjects";
import { expect, test } from "vitest";
import { addressNamed, Person, REGION, seededRandom } from "../../test/support/desk-people.ts";
import { ManualTime, settled } from "../../test/support/manual-time.ts";
import { openMemoryWaitingList } from "../adapters/memory/memory-waiting-list.ts";
import type { Letter, WaitingList } from "../ports.ts";
import { deskSettings } from "./desk-settings.ts";
import { type Matcher, startMatcher } from "./matcher.ts";

const CHAT = "c".repeat(22) as never;
type Sent = { readonly to: Address; readonly memo: Memo };
type Rig = {
  readonly matcher: Matcher;
  readonly time: ManualTime;
  readonly sent: readonly Sent[];
  readonly lines: readonly string[];
  say(memo: Memo): Promise<void>;
  subject(): string;
};

function rig(changed: Partial<WaitingList> = {}): Rig {
  const time = new ManualTime();
  const list = { ...openMemoryWaitingList(deskSettings(REGION), seededRandom(3)), ...changed };
  const sent: Sent[] = [];
  const lines: string[] = [];
  let hear: (memo: Memo) => void = () => undefined;
  let heardOn = "";
  const line = (event: string, fields: object = {}): void => void lines.push(`${event} ${JSON.stringify(fields)}`);
  const matcher = startMatcher({
    mail: {
      sendTo: (to, memo) => void sent.push({ to, memo }),
      listen(subject, on, options) {
        heardOn = `${subject} ${options?.group}`;
        hear = on;
        return { stop: () => (hear = () => undefined) };
      },
    },
    region: REGION,
    list,
    clock: time,
    log: { info: line, warn: line, error: line },
    timers: time,
  });
  return {
    ...{ matcher, time, sent, lines },
    subject: () => heardOn,
    async say(memo) {
      hear(memo);
      await settled();
    },
  };
}

const kinds = (sent: readonly Sent[]): readonly string[] => sent.map(({ memo }) => memo.kind);

test("[W34] a memo is acknowledged to its sender's address, by number, once the change was applied", async () => {
  let apply: (letters: readonly Letter[]) => void = () => undefined;
  const { say, sent, subject } = rig({ seek: () => new Promise((resolve) => (apply = resolve)) });
  expect(subject()).toBe(`${deskSubject(REGION)} desk`);
  await say({ ...new Person("a").seek(1), memo: 77 });
  expect(sent).toEqual([]);
  apply([{ to: addressNamed("p9"), memo: { kind: "list_wanted", listNo: 1 } }]);
  await settled();
  expect(sent).toEqual([
    { to: addressNamed("p9"), memo: { kind: "list_wanted", listNo: 1 } },
    { to: addressNamed("p1"), memo: { kind: "desk_took", memo: 77 } },
  ]);
});

test("[W34] each kind of memo reaches the list; only those that are repeated are acknowledged", async () => {
  const { say, sent, matcher } = rig();
  const a = new Person("a");
  const { address, lane, device } = a;
  const acked: readonly Memo[] = [
    ...[a.seek(1), a.cancel(), a.aside(), a.regain(), a.answer(CHAT, true), a.accept(CHAT), a.decline(CHAT)],
    { kind: "never", memo: 1, address, lane, a: device, b: new Person("b").device, forMs: 1_000 },
  ];
  for (const memo of acked) await say(memo);
  expect(kinds(sent).filter((kind) => kind === "desk_took")).toHaveLength(acked.length);
  for (const memo of [
    a.pairedTaken(CHAT),
    { kind: "count", address, lane, count: 0, listNo: 1 },
    { kind: "list_end", address, lane, count: 0, listNo: 1 },
  ] as const) {
    await say(memo);
  }
  expect(kinds(sent).filter((kind) => kind === "desk_took")).toHaveLength(acked.length);
  expect(matcher.counts).toMatchObject({ applied: acked.length + 3, failed: 0, unsound: 0 });
});

test("[W34] while the list cannot be reached nothing is acknowledged; one line says so, one that it is back", async () => {
  const inner = openMemoryWaitingList(deskSettings(REGION), seededRandom(3));
  let isAway = true;
  const away = (): Promise<never> => Promise.reject(new Error("Connection is closed."));
  const { say, sent, lines, time, matcher } = rig({
    seek: (memo, nowMs) => (isAway ? away() : inner.seek(memo, nowMs)),
    due: (nowMs, most) => (isAway ? away() : inner.due(nowMs, most)),
  });
  const seek = new Person("a").seek(1);
  for (let i = 0; i < 3; i += 1) await say(seek);
  await time.pass(0);
  expect(sent).toEqual([]);
  expect(matcher.counts.failed).toBe(4);
  isAway = false;
  await say(seek);
  expect(kinds(sent)).toEqual(["desk_took"]);
  await time.pass(250);
  expect(lines).toEqual(['waiting_list_away {"refused":false}', "waiting_list_back {}"]);
});

test("[W34] a broken promise of ours is an error line, not an absent store, and is not acknowledged", async () => {
  const { say, sent, lines } = rig({ accept: () => Promise.reject(new InvariantError("a seeker has a proposal")) });
  await say(new Person("a").accept(CHAT));
  expect(sent).toEqual([]);
  expect(lines).toEqual(['promise_broken {"promise":"a seeker has a proposal"}']);
});

const seek = new Person("a").seek(1);
test.each<readonly [string, Memo]>([
  ["a memo for somebody else", { kind: "desk_took", memo: 1 }],
  ["a session that is none", { ...seek, session: "w:live:" as never }],
  ["a lane that is none", { ...seek, lane: "live:x" as never }],
  ["an address that is none", { ...seek, address: "{match}:due" as never }],
  ["a device that is none", { ...seek, device: "" as never }],
  ["a home that is none", { ...seek, home: "EU" as never }],
  ["an epoch no Lua can write", { ...seek, epoch: 2 ** 53 - 1 }],
  ["a negative wait", { ...seek, waitedMs: -1 }],
  ["a chat that is none", { ...new Person("a").accept(CHAT), chat: "x" as never }],
  ["a never of no length", { ...NEVER(), forMs: 0 }],
  ["a never without end", { ...NEVER(), forMs: 1e13 }],
])("[W35] %s is counted and reaches no key", async (_, memo) => {
  const reached: string[] = [];
  const trap = (name: string) => async () => {
    reached.push(name);
    return [];
  };
  const never = async (): Promise<void> => void reached.push("never");
  const { say, matcher, sent } = rig({ seek: trap("seek"), accept: trap("accept"), never });
  await say(memo);
  expect(reached).toEqual([]);
  expect(sent).toEqual([]);
  expect(matcher.counts.unsound).toBe(1);
});

function NEVER(): Extract<Memo, { kind: "never" }> {
  const { address, lane, device } = new Person("a");
  return { kind: "never", memo: 1, address, lane, a: device, b: device, forMs: 1 };
}

test("[W36] at most 256 memos are at work, 8,192 wait, the rest is dropped without acknowledgement", async () => {
  const open: (() => void)[] = [];
  const { say, matcher, sent } = rig({ seek: () => new Promise((resolve) => open.push(() => resolve([]))) });
  for (let i = 0; i < 256 + 8_192 + 5; i += 1) void say(seek);
  await settled();
  expect(open).toHaveLength(256);
  expect(matcher.counts.dropped).toBe(5);
  while (open.length > 0) {
    for (const finish of open.splice(0)) finish();
    await settled();
  }
  expect(kinds(sent)).toHaveLength(256 + 8_192);
  await say(seek);
  expect(open).toHaveLength(1);
});

test("[W36] memos are begun in the order in which they came", async () => {
  const order: number[] = [];
  const { say } = rig({
    seek: async ({ seekNo }) => {
      order.push(seekNo);
      return [];
    },
  });
  for (let seekNo = 1; seekNo <= 600; seekNo += 1) void say({ ...seek, seekNo });
  await settled();
  await settled();
  expect(order).toEqual(Array.from({ length: 600 }, (_, i) => i + 1));
});

test("[W37] the due-list is looked at when its next moment comes, within 50 ms while anything is in it", async () => {
  const { say, time, sent } = rig();
  await time.pass(0);
  expect(time.waitsMs).toEqual([250]);
  const [a, b] = [new Person("a"), new Person("b")];
  await say(a.seek(time.nowMs()));
  expect(time.waitsMs).toEqual([50]);
  await say(b.seek(time.nowMs()));
  expect(kinds(sent).filter((kind) => kind === "offer")).toHaveLength(2);
  for (let passedMs = 0; passedMs < 990; passedMs += 50) await time.pass(50);
  expect(kinds(sent).filter((kind) => kind === "offer")).toHaveLength(4);
});

test("[W37] a full look is followed by another at once", async () => {
  let left = 150;
  const { time } = rig({
    due: async (nowMs, most) => {
      const done = Math.min(left, most);
      left -= done;
      return { letters: [], done, nextMs: nowMs + 10 };
    },
  });
  for (let i = 0; i < 3; i += 1) await time.pass(0);
  expect(left).toBe(0);
  expect(time.waitsMs).toEqual([10]);
});

test("[W37] a stopped matcher hears nothing more, and is stopped when its work is done", async () => {
  let finish: (letters: readonly Letter[]) => void = () => undefined;
  const { say, matcher, time, sent } = rig({ seek: () => new Promise((resolve) => (finish = resolve)) });
  await say(seek);
  let isStopped = false;
  const stopped = matcher.stop().then(() => {
    isStopped = true;
  });
  await say(new Person("b").cancel());
  await settled();
  expect(isStopped).toBe(false);
  finish([]);
  await stopped;
  expect(kinds(sent)).toEqual(["desk_took"]);
  expect(time.waitsMs).toEqual([]);
});
