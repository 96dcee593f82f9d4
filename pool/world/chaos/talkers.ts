import { systemClock } from "@whisper/shared/base/clock";
import { Seat } from "./seat.ts";
import { seeded } from "./seeded.ts";
import { type FromTalkers, isToTalkers, type Orders, STANDING_EVERY_MS, type Standing } from "./words.ts";

/** A process of talkers: some hundred people of a chaos run. Started with a channel to its conductor, ends with it. */

const TURN_EVERY_MS = 50;
/** Seats that are described when something does not get on. */
const HELD_MAX = 10;
let seats: readonly Seat[] = [];

const say = (word: FromTalkers): void => {
  process.send?.(word);
};

function begin(orders: Orders): void {
  const nowMs = systemClock.nowMs();
  seats = orders.seats.map((plan, at) => {
    const beginMs = nowMs + (orders.rampMs * at) / orders.seats.length;
    return new Seat(plan, orders, seeded(orders.seed * 1_000_003 + plan.seat), beginMs);
  });
  setInterval(() => {
    const turnMs = systemClock.nowMs();
    for (const seat of seats) seat.turn(turnMs);
  }, TURN_EVERY_MS);
  setInterval(() => say({ say: "standing", standing: standing() }), STANDING_EVERY_MS);
}

function standing(): Standing {
  const nowMs = systemClock.nowMs();
  const sum = {
    seats: seats.length,
    open: 0,
    gone: 0,
    chatting: 0,
    away: 0,
    unconfirmed: 0,
    late: 0,
    said: 0,
    heard: 0,
  };
  let chats = 0;
  const held: string[] = [];
  for (const seat of seats) {
    const { link, scene, talk } = seat.state;
    if (link.speaks !== undefined) sum.open++;
    if (seat.notes.isGone) sum.gone++;
    if (scene.scene === "chatting") sum.chatting++;
    if (scene.scene === "chatting" && scene.partnerAwayUntilMs !== undefined) sum.away++;
    sum.unconfirmed += talk?.outbox.length ?? 0;
    if (seat.isLate(nowMs)) sum.late++;
    sum.said += seat.said;
    sum.heard += seat.notes.heard;
    chats += seat.notes.chats;
    if (held.length < HELD_MAX && isHeld(seat)) held.push(seat.describe());
  }
  return { ...sum, chats: Math.floor(chats / 2), held };
}

function isHeld(seat: Seat): boolean {
  const { scene } = seat.state;
  const isAlone = scene.scene === "chatting" && scene.partnerAwayUntilMs !== undefined;
  return isAlone || seat.notes.isGone || seat.isLate(systemClock.nowMs());
}

// A Ctrl-C reaches everybody in the terminal, but the conductor says when it is over.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => {});
process.on("message", (raw: unknown) => {
  if (!isToTalkers(raw)) return;
  switch (raw.order) {
    case "begin":
      return begin(raw.orders);
    case "hush":
      for (const seat of seats) seat.hush();
      return;
    case "tell":
      return say({
        say: "told",
        sides: seats.flatMap((seat) => seat.notes.sides(seat.state)),
        losses: seats.flatMap((seat) => seat.notes.losses()),
      });
    case "leave":
      for (const seat of seats) seat.leave();
      process.disconnect();
      process.exit(0);
  }
});
process.on("disconnect", () => process.exit(0));
