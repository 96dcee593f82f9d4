import { expect, test } from "vitest";
import { OpenLoop } from "./open-loop.ts";
import { newTalker, Talk, type Talker } from "./talk.ts";

/** Two chats of two, whose texts arrive when the test lets them, and a clock that the test moves. */
function place() {
  let nowMs = 1_000;
  let tick = (): void => {};
  const written: Talker[] = [];
  const talkers = ["a", "a", "b", "b"].map((chat) => {
    const talker: Talker = newTalker({ write: () => void written.push(talker) }, chat.padEnd(22, "-"));
    return talker;
  });
  const clock = {
    nowMs: () => nowMs,
    every: (_ms: number, run: () => void) => {
      tick = run;
      return {
        stop: () => {
          tick = () => {};
        },
      };
    },
  };
  const talk = new Talk(talkers, () => nowMs);
  const loop = new OpenLoop(talk, talkers, clock);
  const wire = (id: number): Buffer =>
    Buffer.from(`{"type":"message","chat_id":"${"x".repeat(22)}","id":${id},"text":"hi"}`);
  return {
    talkers,
    written,
    loop,
    pass: (ms: number): void => {
      nowMs += ms;
      tick();
    },
    arrives: (at: number, id: number): void => {
      const talker = talkers[at];
      const bytes = wire(id);
      if (talker !== undefined) talk.heard(talker, bytes, 0, bytes.length);
    },
  };
}

test("texts leave at their moments, from everybody in turn, whether or not any has arrived", () => {
  const { loop, pass, written, talkers } = place();
  loop.start(1_000, false, 0);
  for (let ms = 0; ms < 5; ms++) pass(1);
  expect(written).toEqual([0, 1, 2, 3, 0, 1].map((at) => talkers[at]));
});

test("a text's time runs from its moment, not from when a late generator wrote it", () => {
  const { loop, pass, arrives } = place();
  loop.start(1_000, false, 0);
  pass(10); // the first was due at 0, the second at 1 ms, the fifth, again of the first person, at 4 ms
  arrives(1, 1);
  arrives(0, 1);
  arrives(1, 2);
  expect(loop.latencies()).toMatchObject({ count: 3, p50Ms: 9, p99Ms: 10, maxMs: 10, writtenP99Ms: 10 });
});

test("who has talked before is not taken for somebody very late or very early", () => {
  const { loop, pass, arrives, talkers } = place();
  for (const talker of talkers) Object.assign(talker, { sent: 7, last: 7 });
  loop.start(1_000, false, 0);
  pass(2);
  arrives(1, 8);
  expect(loop.latencies()).toMatchObject({ count: 1, maxMs: 2 });
});

test("what is due before the window does not count, and after the stop nothing is written", () => {
  const { loop, pass, arrives, written } = place();
  loop.start(1_000, false, 4);
  pass(4);
  arrives(1, 1);
  arrives(1, 2);
  expect(loop.latencies().count).toBe(1);
  loop.stop();
  const before = written.length;
  pass(100);
  expect(written).toHaveLength(before);
});
