import * as fc from "fast-check";
import { expect, test } from "vitest";
import { CHAT, frame, framesOf, PlayedPeople, SESSION } from "../../test/support/played-people.ts";
import { leave } from "./coming-in.ts";
import { interestOf } from "./scenario-people.ts";

const found = (people: PlayedPeople, interests = [interestOf(people.world.script, 0, people.couple.round)]) =>
  frame({ type: "match_found", chat_id: CHAT, shared_interests: interests, accept_deadline: 15 });
const types = (people: PlayedPeople): readonly string[] => framesOf(people.outletOf(people.a)).map(({ type }) => type);

/** Both are in and seek. */
function seeking(given = {}): PlayedPeople {
  const people = new PlayedPeople(given);
  people.enter(people.a);
  people.passTo(40);
  expect(types(people)).toEqual([]); // nobody seeks before their partner is there
  people.enter(people.b);
  people.passTo(40);
  return people;
}

test("both seek their own interest once both are there, and a search's time runs from then", () => {
  const people = seeking();
  for (const one of people.couple.people)
    expect(framesOf(people.outletOf(one))).toEqual([{ type: "find_match", interests: ["load 7 0 0"] }]);
  people.nowMs = 70;
  people.hear(people.a, found(people));
  expect(framesOf(people.outletOf(people.a)).at(-1)).toEqual({ type: "accept_match", chat_id: CHAT });
  expect(people.times.match).toEqual([30]);
});

test("a stranger without the couple's interest is declined, and the search begins again", () => {
  const people = seeking();
  people.hear(people.a, found(people, ["load 7 9 0"]));
  expect(types(people)).toEqual(["find_match", "decline_match"]);
  people.passTo(people.nowMs + 1);
  expect(types(people)).toEqual(["find_match", "decline_match", "find_match"]);
  expect(people.counts.errors).toBe(1);
});

test("a search that finds nobody in time is counted, taken back, and begun again", () => {
  const people = seeking();
  people.passTo(10_040);
  expect(types(people).slice(0, 3)).toEqual(["find_match", "cancel_match", "find_match"]);
  expect(people.counts.matchTimeouts).toBe(2);
  people.hear(people.a, frame({ type: "match_timeout" }));
  expect(people.counts.matchTimeouts).toBe(3);
});

test("a search that came too soon waits as long as it is told to", () => {
  const people = seeking();
  people.hear(people.a, frame({ type: "rate_limited", retry_after: 7 }));
  people.passTo(people.nowMs + 6_999);
  expect(types(people)).toEqual(["find_match"]);
  people.passTo(people.nowMs + 1);
  expect(types(people)).toEqual(["find_match", "find_match"]);
  expect(people.counts.refused).toBe(1);
});

test("who was declined seeks on, and takes the next offer", () => {
  const people = seeking();
  people.hear(people.a, found(people));
  people.hear(people.a, frame({ type: "match_declined" }));
  people.hear(people.a, found(people));
  people.hear(people.a, frame({ type: "match_accepted", chat_id: CHAT }));
  expect(people.a.place).toBe("chatting");
});

test("two who were put into two chats are named", () => {
  const people = seeking();
  for (const [one, chat] of [
    [people.a, "x".repeat(22)],
    [people.b, "y".repeat(22)],
  ] as const) {
    people.hear(one, frame({ ...found(people), chat_id: chat }));
    people.hear(one, frame({ type: "match_accepted", chat_id: chat }));
  }
  expect(people.counts.errors).toBe(1);
  expect(people.examples).toContain("two who seek each other were put into two chats");
});

test("two who were to be in two pools, and are in one, are named", () => {
  const people = new PlayedPeople({ scenario: "cross" });
  people.meet();
  expect(people.examples).toEqual(["two who were to be in two pools are in one"]);
});

test("an acceptance of another chat than the one said yes to means nothing", () => {
  const people = seeking();
  people.hear(people.a, found(people));
  people.hear(people.a, frame({ type: "match_accepted", chat_id: "z".repeat(22) }));
  expect(people.a.talk).toBeUndefined();
});

/** Plays an honest server for the texts of both. */
function deliverAll(people: PlayedPeople): void {
  for (const [from, to] of [
    [people.a, people.b],
    [people.b, people.a],
  ] as const) {
    for (let id = (to.talk?.last ?? 0) + 1; id <= (from.talk?.sentMax ?? 0); id++)
      people.hear(to, people.textOf(from, id));
    const last = to.talk?.last ?? 0;
    if (from.talk !== undefined && last > from.talk.delivered)
      people.hear(from, frame({ type: "delivered", chat_id: CHAT, id: last }));
  }
}

test("once everything is said and confirmed the first ends the chat; both come in anew as other people", () => {
  const people = new PlayedPeople({ scenario: "smoke", holdMs: 20_000 });
  people.meet();
  for (let atMs = 0; atMs < 4_000; atMs += 100) {
    people.passTo(atMs);
    if (people.a.talk !== undefined && people.b.talk !== undefined) deliverAll(people);
  }
  expect(types(people).at(-1)).toBe("end_chat");
  expect(people.counts).toMatchObject({ chatsEnded: 1, textsSent: 10, textsDelivered: 10, textsConfirmed: 10 });
  people.hear(people.b, frame({ type: "partner_left" }));
  expect(people.counts.chatsEndedByServer).toBeUndefined();
  expect(people.counts.lost).toBeUndefined();
});

test("a scenario that chats again begins the next round with new tokens and another interest", () => {
  const people = new PlayedPeople({ scenario: "match", holdMs: 60_000 });
  people.passTo(3_000);
  people.meet();
  expect(people.couple.isOver).toBe(true); // there is nothing to say: over as soon as both are in
  people.asked.length = 0;
  people.hear(people.b, frame({ type: "partner_left" }));
  expect([people.a.session, people.b.device, people.couple.round]).toEqual([undefined, undefined, 1]);
  people.passTo(people.nowMs);
  expect(people.asked).toHaveLength(2);
  people.admit(people.a);
  people.greet(people.a);
  people.admit(people.b);
  people.greet(people.b);
  people.passTo(12_999);
  expect(types(people)).toEqual([]);
  people.passTo(13_000); // ten seconds after they began, so that not all couples seek at one moment
  expect(framesOf(people.outletOf(people.a))[0]).toMatchObject({ interests: ["load 7 0 1"] });
});

test("texts that were never shown are lost when the chat ends, and only after 15 s of patience", () => {
  const people = new PlayedPeople({ scenario: "smoke", holdMs: 20_000 });
  people.meet();
  const lastMs = (people.b.talk?.firstDueMs ?? 0) + 4 * 400;
  for (let atMs = 0; atMs < lastMs + 14_000; atMs += 1_000) {
    people.passTo(atMs);
    for (const one of people.couple.people) people.hear(one, frame({ type: "pong" }));
  }
  expect(people.counts.lost).toBeUndefined();
  people.passTo(lastMs + 16_000);
  expect(people.counts).toMatchObject({ lost: 10, chatsEnded: 1 });
});

test("nothing is lost to a partner who is away, and nothing once the server has ended the chat", () => {
  const people = new PlayedPeople({ scenario: "smoke", holdMs: 20_000 });
  people.meet();
  people.passTo(2_000);
  people.hear(people.a, frame({ type: "partner_away", grace: 60 }));
  people.closed(people.b, people.outletOf(people.b), 1_006);
  for (let atMs = 3_000; atMs < 60_000; atMs += 5_000) {
    people.passTo(atMs);
    people.hear(people.a, frame({ type: "pong" }));
  }
  people.hear(people.a, frame({ type: "partner_left" }));
  expect(people.counts).toMatchObject({ chatsEndedByServer: 1 });
  expect([people.counts.lost, people.counts.chatsEnded]).toEqual([undefined, undefined]);
});

test.each([
  ["a fresh session", false, undefined],
  ["resumed as idle", true, frame({ type: "resumed", place: "idle" })],
  ["resumed in another chat", true, frame({ type: "resumed", place: "chatting", chat_id: "n".repeat(22) })],
])("%s in the middle of a chat: the server has ended it", (_what, resume, resumed) => {
  const people = new PlayedPeople();
  people.meet();
  people.closed(people.a, people.outletOf(people.a), 1_006);
  people.passTo(people.a.returnsAtMs);
  people.admit(people.a);
  people.greet(people.a, resume);
  if (resumed !== undefined) people.hear(people.a, resumed);
  expect(people.counts.chatsEndedByServer).toBe(1);
});

test("who comes back to a chat that they had ended ends it again", () => {
  const people = new PlayedPeople();
  people.meet();
  people.couple.isOver = true;
  people.a.talk = undefined;
  people.a.place = "idle";
  people.closed(people.a, people.outletOf(people.a), 1_006);
  people.passTo(people.a.returnsAtMs);
  people.admit(people.a);
  people.greet(people.a, true);
  people.hear(people.a, frame({ type: "resumed", place: "chatting", chat_id: CHAT }));
  expect(framesOf(people.outletOf(people.a))).toEqual([{ type: "end_chat", chat_id: CHAT }]);
});

test("who is banned on the way to another socket does not come back", () => {
  const people = new PlayedPeople();
  people.meet();
  people.hear(people.a, frame({ type: "moving", after_ms: 5, reason: "drain" }));
  people.hear(people.a, frame({ type: "banned", duration: 60, reason: "spam" }));
  people.asked.length = 0;
  people.passTo(10_000);
  expect(people.asked).toEqual([]);
});

test("whatever a server says, in whatever order, nobody throws, and who has left says no more", () => {
  const id = fc.integer({ min: 0, max: 5 });
  const chat = fc.constantFrom(CHAT, "q".repeat(22));
  const anyFrame = fc.oneof(
    fc.record({ type: fc.constant("session_created"), session_id: fc.constant(SESSION), resume: fc.boolean() }),
    fc.record({
      type: fc.constant("resumed"),
      place: fc.constantFrom("idle", "seeking", "proposed", "accepted", "chatting"),
      chat_id: fc.option(chat, { nil: undefined }),
    }),
    fc.record({ type: fc.constant("match_found"), chat_id: chat, shared_interests: fc.constant(["load 7 0 0"]) }),
    fc.record({ type: fc.constant("match_accepted"), chat_id: chat }),
    fc.record({ type: fc.constant("message"), id, text: fc.constantFrom("x", "run 7 live couple 0 seat 1 says 1") }),
    fc.record({ type: fc.constant("delivered"), chat_id: chat, id }),
    fc.record({ type: fc.constant("rate_limited"), retry_after: id, id: fc.option(id, { nil: undefined }) }),
    fc.record({ type: fc.constant("error"), code: fc.constantFrom("out_of_order", "invalid_chat"), id }),
    fc.record({ type: fc.constant("moving"), after_ms: id, reason: fc.constant("drain") }),
    fc.record({ type: fc.constant("partner_away"), grace: id }),
    fc.constantFrom(
      ...(["match_declined", "match_timeout", "partner_back", "partner_left", "pong", "banned"] as const).map(
        (type) => ({
          type,
        }),
      ),
    ),
  );
  const act = fc.oneof(
    anyFrame.map((said) => ({ said })),
    fc.record({ closed: fc.constantFrom(1_006, 4_000, 4_101, 4_200, 4_300) }),
    fc.record({ passMs: fc.integer({ min: 0, max: 20_000 }) }),
    fc.constant({ enter: true }),
    fc.constant({ leave: true }),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), act), { maxLength: 60 }), (acts) => {
      const people = new PlayedPeople();
      people.meet();
      for (const [isFirst, doing] of acts) {
        const person = isFirst ? people.a : people.b;
        if ("said" in doing) people.hear(person, frame(doing.said));
        else if ("closed" in doing) {
          const outlet = person.young ?? person.outlet;
          if (outlet !== undefined) people.closed(person, outlet, doing.closed);
        } else if ("passMs" in doing) people.passTo(people.nowMs + doing.passMs);
        else if ("enter" in doing) {
          if (person.phase === "asking") people.admit(person);
          if (person.phase === "opening") people.opened(person);
        } else leave(person);
        for (const one of people.couple.people) {
          if (one.phase !== "done" || one.outlet !== undefined) continue;
          expect([one.young, one.returnsAtMs < people.nowMs]).toEqual([undefined, false]);
        }
      }
    }),
    { numRuns: 500 },
  );
});
