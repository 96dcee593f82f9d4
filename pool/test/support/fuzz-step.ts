import { decodeClientFrame, decodeServerFrame, encodeFrame, encodeMessage } from "@whisper/shared/protocol/codec";
import type { Event } from "../../src/shard/event.ts";
import { IDLE, type Session, SPANS, wakeAtMs } from "../../src/shard/session.ts";
import { standingOf } from "../../src/shard/standing.ts";
import { step } from "../../src/shard/step.ts";
import { hostileEvent } from "./hostile-events.ts";
import { hostileFrame, randomFrom } from "./mutate.ts";
import { ctxAt, NOW_MS, PLACES } from "./person.ts";

const STARTS: readonly Session[] = Object.values(PLACES);

/** What a fuzz run met: proof that it reached every place and not only refusals. */
export type FuzzTally = {
  frames: number;
  decoded: number;
  events: number;
  places: Record<string, number>;
  sent: number;
};

/**
 * Sends `count` hostile frames through the real decoder and the real decision, memos and deadlines between them, and
 * throws where anything throws, where a frame sent is not one that a client can read, or a value does not fit a record.
 */
export function fuzzStep(count: number, seed: number, onProgress?: (done: number) => void): FuzzTally {
  const random = randomFrom(seed);
  const tally: FuzzTally = { frames: 0, decoded: 0, events: 0, places: {}, sent: 0 };
  let value: Session = IDLE;
  let nowMs = NOW_MS;
  const happen = (event: Event, wire: string): void => {
    const before = value;
    try {
      const { next, effects } = step(before, event, ctxAt(nowMs, tally.events + 1));
      for (const effect of effects) {
        if (effect.do !== "send" && effect.do !== "show") continue;
        const sent =
          effect.do === "send" ? encodeFrame(effect.frame) : encodeMessage(effect.id, effect.text, 1, effect.delivered);
        if (!decodeServerFrame(sent).ok) throw new Error(`not a frame: ${sent}`);
        tally.sent++;
      }
      const wake = wakeAtMs(next, SPANS);
      if (Number.isNaN(wake)) throw new Error("a deadline that is no number");
      const { details = "", half = "", over = "" } = standingOf(next);
      if (details.length + half.length + over.length > 1_024) throw new Error("a standing above 1 KiB");
      value = next;
    } catch (cause) {
      throw new Error(
        `seed ${seed}, frame ${tally.frames}: ${wire} in ${JSON.stringify(before)} on ${JSON.stringify(event)}`,
        { cause },
      );
    }
    tally.places[value.place] = (tally.places[value.place] ?? 0) + 1;
  };
  while (tally.frames < count) {
    nowMs += random() % 400;
    // Now and then somewhere else, for few roads lead far through noise.
    if (random() % 40 === 0) value = STARTS[random() % STARTS.length] as Session;
    const wire = hostileFrame(random);
    tally.frames++;
    const decoded = decodeClientFrame(wire);
    if (decoded.ok) {
      tally.decoded++;
      happen({ event: "frame", frame: decoded.value, bytes: wire.length }, wire);
    }
    if (random() % 3 === 0) {
      tally.events++;
      happen(hostileEvent(random), "");
    }
    if (tally.frames % 100_000 === 0) onProgress?.(tally.frames);
  }
  return tally;
}
