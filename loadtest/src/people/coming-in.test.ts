import { expect, test } from "vitest";
import { frame, framesOf, PlayedPeople } from "../../test/support/played-people.ts";
import { cut } from "./coming-in.ts";

test("somebody asks the edge, opens the first endpoint with the ticket, and is in when they are greeted", () => {
  const people = new PlayedPeople();
  people.passTo(0);
  expect(people.asked).toEqual([people.a, people.b]);
  people.admit(people.a);
  expect([people.newest.pool, people.newest.ticket]).toEqual(["p1", "t1"]);
  people.nowMs = 30;
  people.greet(people.a);
  expect(people.a.outlet).toBe(people.newest);
  expect(people.times.connect).toEqual([30]);
  expect(people.counts).toMatchObject({ upgrades: 1, admitted: 1 });
});

test("a close before open leads to the next endpoint with the same ticket, until that is 20 s old", () => {
  const people = new PlayedPeople();
  people.passTo(0);
  people.admit(people.a);
  for (const pool of ["p2", "p3", "p1"]) {
    people.closed(people.a, people.newest, 1_006);
    people.passTo(people.a.returnsAtMs);
    expect([people.newest.pool, people.newest.ticket]).toEqual([pool, "t1"]);
  }
  people.nowMs = 20_000;
  people.asked.length = 0;
  people.closed(people.a, people.newest, 1_006);
  people.passTo(people.a.returnsAtMs);
  expect(people.asked).toEqual([people.a]);
  expect(people.counts.upgradesFailed).toBe(4);
});

test.each([
  [4_000, "now", 0],
  [4_100, "a pause", 500],
  [4_199, "a pause", 500],
  [4_200, "now, with a new ticket", 0],
  [1_006, "a pause", 500],
  [1_000, "a pause", 500],
  [3_999, "a pause", 500],
])("closed with %d: %s", (code, _advice, waitMs) => {
  const people = new PlayedPeople();
  people.enter(people.a);
  people.asked.length = 0;
  people.closed(people.a, people.newest, code);
  expect(people.a.returnsAtMs).toBe(waitMs);
  people.passTo(waitMs);
  expect(people.asked).toContain(people.a);
  expect(people.counts.dropped ?? 0).toBe(code === 4_000 ? 0 : 1);
});

test.each([4_300, 4_301, 4_302, 4_399])("closed with %d: they do not come back", (code) => {
  const people = new PlayedPeople();
  people.enter(people.a);
  people.asked.length = 0;
  people.closed(people.a, people.newest, code);
  people.passTo(3_600_000);
  expect(people.asked).not.toContain(people.a);
});

test("a pause that the server asks for is kept, and spread over as long again", () => {
  const people = new PlayedPeople();
  people.enter(people.a);
  people.closed(people.a, people.newest, 4_202, 4_000);
  expect(people.a.returnsAtMs).toBe(4_000 + 2_000);
});

test("pauses double with each failure up to 20 s, and begin anew after a link that was good", () => {
  const people = new PlayedPeople();
  people.chance = 1;
  people.enter(people.a);
  const waits: number[] = [];
  people.closed(people.a, people.newest, 1_006);
  for (let i = 0; i < 7; i++) {
    waits.push(people.a.returnsAtMs - people.nowMs);
    people.passTo(people.a.returnsAtMs);
    people.refuse(people.a, "no_capacity");
  }
  expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000]);
  people.passTo(people.a.returnsAtMs);
  people.admit(people.a);
  people.greet(people.a);
  people.nowMs += 5_000;
  people.closed(people.a, people.newest, 1_006);
  expect(people.a.returnsAtMs - people.nowMs).toBe(1_000);
});

test.each([
  ["rate_limited", 7_000, 10_500],
  ["unreachable", undefined, 500],
  ["no_capacity", undefined, 500],
])("refused by the edge with %s they wait", (code, askedMs, waitMs) => {
  const people = new PlayedPeople();
  people.passTo(0);
  people.refuse(people.a, code, askedMs);
  expect(people.a.returnsAtMs).toBe(waitMs);
  expect(people.counts.refused).toBe(1);
  expect(people.examples).toEqual([`the edge refused: ${code}`]);
});

test.each(["banned", "unknown_region", "challenge_required", "bad_request"])(
  "refused with %s they stay out",
  (code) => {
    const people = new PlayedPeople();
    people.passTo(0);
    people.refuse(people.a, code);
    people.asked.length = 0;
    people.passTo(600_000);
    expect(people.asked).not.toContain(people.a);
  },
);

test("a session that has ended is forgotten, and they come as somebody new", () => {
  const people = new PlayedPeople();
  people.enter(people.a);
  people.closed(people.a, people.newest, 1_006);
  people.passTo(people.a.returnsAtMs);
  expect(people.a.session).toBeDefined();
  people.refuse(people.a, "session_expired");
  expect(people.a.session).toBeUndefined();
});

test("what came to nothing in 10 s is given up: a socket that never opens, and a greeting that never comes", () => {
  for (const isOpen of [false, true]) {
    const people = new PlayedPeople();
    people.passTo(0);
    people.admit(people.a);
    if (isOpen) people.opened(people.a);
    const silent = people.newest;
    people.passTo(9_999);
    expect(silent.end).toBe("");
    people.passTo(10_000);
    expect(silent.end).toBe("reset");
    people.opened(people.a, silent); // too late: nobody waits for it
    expect(people.a.outlet).toBeUndefined();
  }
});

const MOVING = { type: "moving", after_ms: 0, reason: "drain", ticket: "m1" } as const;
const ELSEWHERE = [{ url: "ws://h/p9", region: "eu-west", pool: "p9" }];

test("told to move they open the new socket first, and leave the old one once they are back on the new one", () => {
  const people = new PlayedPeople();
  people.meet();
  const old = people.outletOf(people.a);
  people.hear(people.a, frame({ ...MOVING, endpoints: ELSEWHERE }));
  people.hear(people.a, frame({ ...MOVING, endpoints: ELSEWHERE })); // told again while on the way
  people.passTo(1);
  const young = people.newest;
  expect([young.pool, young.ticket, people.a.outlet, old.end]).toEqual(["p9", "m1", old, ""]);
  expect(people.outlets).toHaveLength(3);
  people.greet(people.a, true);
  expect(people.a.outlet).toBe(old);
  people.hear(people.a, frame({ type: "resumed", place: "chatting", chat_id: people.a.chat }));
  expect([people.a.outlet, old.end, young.end]).toEqual([young, "closed", ""]);
  people.closed(people.a, old, 4_302);
  expect(people.a.outlet).toBe(young);
  expect([people.counts.dropped, people.counts.chatsEndedByServer]).toEqual([undefined, undefined]);
});

test("told to move without a ticket they ask the edge, and speak on the old socket meanwhile", () => {
  const people = new PlayedPeople();
  people.meet();
  people.asked.length = 0;
  people.hear(people.a, frame({ type: "moving", after_ms: 60_000, reason: "drain" }));
  people.passTo(9_999);
  expect(people.asked).toEqual([]);
  people.passTo(10_000); // it says a minute, but no ticket waits so long
  expect(people.asked).toEqual([people.a]);
  expect(people.a.outlet).toBeDefined();
});

test("when the new socket fails, the old one's closing is no advice, and they come back", () => {
  const people = new PlayedPeople();
  people.meet();
  const old = people.outletOf(people.a);
  people.hear(people.a, frame({ ...MOVING, endpoints: ELSEWHERE }));
  people.passTo(1);
  people.closed(people.a, old, 4_300); // not the newest: ignored
  people.opened(people.a);
  people.closed(people.a, people.newest, 4_201);
  people.asked.length = 0;
  people.passTo(people.a.returnsAtMs);
  expect(people.asked).toEqual([people.a]);
});

test("somebody who is cut is measured from the cut until they are back in their place", () => {
  const people = new PlayedPeople();
  people.meet();
  people.nowMs = 100;
  const old = people.outletOf(people.a);
  cut(people.a, people.nowMs);
  expect(old.end).toBe("reset");
  people.nowMs = 103;
  people.closed(people.a, old, 1_006);
  people.passTo(people.a.returnsAtMs);
  people.admit(people.a);
  people.nowMs = 900;
  people.greet(people.a, true);
  expect(people.times.resume).toBeUndefined();
  people.hear(people.a, frame({ type: "resumed", place: "chatting", chat_id: people.a.chat }));
  expect(people.times.resume).toEqual([800]);
  expect([people.counts.resumed, people.counts.dropped]).toEqual([1, undefined]);
});

test("who seeks or chats asks after 20 s of silence, and gives the socket up 10 s later", () => {
  const people = new PlayedPeople();
  people.meet();
  const outlet = people.outletOf(people.b);
  people.passTo(20_000);
  expect(framesOf(outlet).filter(({ type }) => type === "ping")).toHaveLength(1);
  people.hear(people.b, frame({ type: "pong" }));
  people.passTo(40_000);
  expect(framesOf(outlet).filter(({ type }) => type === "ping")).toHaveLength(2);
  expect(outlet.end).toBe("");
  people.passTo(50_000);
  expect(outlet.end).toBe("reset");
});

test("a second greeting, a word before the greeting, and what nobody can read are errors, and no more", () => {
  const people = new PlayedPeople();
  people.passTo(0);
  people.admit(people.a);
  people.opened(people.a);
  people.hear(people.a, frame({ type: "pong" }));
  people.hear(people.a, undefined);
  people.hear(people.a, frame({ type: "resumed", place: "idle" }));
  people.hear(people.a, frame({ type: "session_created", session_id: "x", resume: true }));
  people.hear(people.a, frame({ type: "session_created", session_id: "x", resume: true }));
  expect(people.counts.errors).toBe(4);
  people.hear(people.a, frame({ type: "resumed", place: "idle" }));
  expect(people.a.outlet).toBeDefined();
  people.hear(people.a, frame({ type: "resumed", place: "idle" }));
  expect(people.counts.errors).toBe(5);
});
