import { expect, test } from "vitest";
import { type Part, startAll, within } from "./lifecycle.ts";
import { type Signals, stopOnSignals } from "./signals.ts";

const part = (name: string, diary: string[], trouble?: "start" | "stop"): Part => ({
  name,
  async start() {
    diary.push(`+${name}`);
    if (trouble === "start") throw new Error(`${name} cannot start`);
  },
  async stop() {
    diary.push(`-${name}`);
    if (trouble === "stop") throw new Error(`${name} cannot stop`);
  },
});

test("parts start in order and stop in reverse", async () => {
  const diary: string[] = [];
  const running = await startAll([part("a", diary), part("b", diary)]);
  expect(await running.stop()).toEqual([]);
  expect(diary).toEqual(["+a", "+b", "-b", "-a"]);
});

test("a part that cannot start stops those before it, and its error is the one that is heard", async () => {
  const diary: string[] = [];
  const parts = [part("a", diary, "stop"), part("b", diary, "start"), part("c", diary)];
  await expect(startAll(parts)).rejects.toThrow("b cannot start");
  expect(diary).toEqual(["+a", "+b", "-a"]);
});

test("a part that cannot stop is named, and the others stop all the same", async () => {
  const diary: string[] = [];
  const running = await startAll([part("a", diary), part("b", diary, "stop"), part("c", diary)]);
  expect(await running.stop()).toEqual(["b"]);
  expect(diary.slice(3)).toEqual(["-c", "-b", "-a"]);
});

test("stopping twice stops once, and both hear the same", async () => {
  const diary: string[] = [];
  const running = await startAll([part("a", diary, "stop")]);
  expect(await Promise.all([running.stop(), running.stop()])).toEqual([["a"], ["a"]]);
  expect(diary).toEqual(["+a", "-a"]);
});

test("work that takes too long is late, work that fails still fails", async () => {
  expect(await within(1, new Promise(() => {}))).toBe("late");
  expect(await within(1_000, Promise.resolve(7))).toBe(7);
  await expect(within(1_000, Promise.reject(new Error("no")))).rejects.toThrow("no");
});

/** A process that only remembers. */
function fakeProcess() {
  const heard: Record<string, () => void> = {};
  let exit: (code: number) => void = () => {};
  const exited = new Promise<number>((resolve) => {
    exit = resolve;
  });
  const signals: Signals = {
    on: (signal, on) => {
      heard[signal] = on;
    },
    exit: (code) => exit(code),
  };
  return { signals, send: (signal: string) => heard[signal]?.(), exited };
}

test.each([
  ["all stopped", async () => [], 0],
  ["a part would not stop", async () => ["ops"], 1],
  ["stopping itself failed", () => Promise.reject(new Error("no")), 1],
  ["stopping took too long", () => new Promise<never>(() => {}), 1],
] as const)("after SIGTERM, %s", async (_what, stop, code) => {
  const { signals, send, exited } = fakeProcess();
  stopOnSignals(signals, { stopMs: 20, clock: { nowMs: () => 0 } }, stop);
  send("SIGTERM");
  expect(await exited).toBe(code);
});

test("a later signal ends at once, one that came with the first does not", async () => {
  const { signals, send, exited } = fakeProcess();
  let nowMs = 1_000;
  let ended = false;
  exited.then(() => {
    ended = true;
  });
  stopOnSignals(signals, { stopMs: 60_000, clock: { nowMs: () => nowMs } }, () => new Promise(() => {}));
  send("SIGINT");
  nowMs += 300;
  send("SIGINT");
  await Promise.resolve();
  expect(ended).toBe(false);
  nowMs += 1;
  send("SIGTERM");
  expect(await exited).toBe(130);
});

test.each([
  ["nobody is left", async () => "empty" as const, 0],
  ["its time is up", async () => "late" as const, 3],
  ["it fails", () => Promise.reject(new Error("no")), 1],
])("[O9] SIGTERM drains, then stops: %s", async (_what, drain, code) => {
  const { signals, send, exited } = fakeProcess();
  const diary: string[] = [];
  const stop = async () => {
    diary.push("stop");
    return [];
  };
  stopOnSignals(signals, { stopMs: 1_000, clock: { nowMs: () => 0 }, drain }, stop);
  send("SIGTERM");
  expect(await exited).toBe(code);
  expect(diary).toEqual(["stop"]);
});

test("[O9] SIGINT does not drain, and a signal in the middle of a drain stops, once", async () => {
  for (const [first, code, drains] of [
    ["SIGINT", 0, 0],
    ["SIGTERM", 130, 1],
  ] as const) {
    const { signals, send, exited } = fakeProcess();
    let [nowMs, drained, stopped] = [1_000, 0, 0];
    let endDrain: (end: "empty") => void = () => {};
    const drain = (): Promise<"empty"> => {
      drained++;
      return new Promise((resolve) => {
        endDrain = resolve;
      });
    };
    const stop = async (): Promise<readonly string[]> => {
      stopped++;
      endDrain("empty"); // the drain ends because all is stopped, and must not stop it again
      return [];
    };
    stopOnSignals(signals, { stopMs: 1_000, clock: { nowMs: () => nowMs }, drain }, stop);
    send(first);
    nowMs += 400;
    if (drains > 0) send("SIGTERM");
    expect(await exited).toBe(code);
    expect([drained, stopped]).toEqual([drains, 1]);
  }
});
