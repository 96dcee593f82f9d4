import { unreachable } from "@whisper/shared/base/assert";
import type { Address, RegionName, SessionId } from "@whisper/shared/base/ids";
import type { Memo } from "@whisper/shared/bus/memos";
import { encodeFrame, encodeMessage } from "@whisper/shared/protocol/codec";
import type { Standing } from "../ports.ts";
import type { Count, Effect } from "./event.ts";
import type { Person } from "./hub.ts";

/** What a shard may do to the world; a handful of lines to fake in a test. */
export type Hands = {
  readonly nowMs: () => number;
  /** To a person's socket; nothing while they are away, for their place is rebuilt when they return. */
  send(slot: number, wire: string, kind: "text" | "typing" | "frame"): void;
  /** To another shard's inbox, or to this one's, by the same door. */
  post(to: Address, memo: Memo): void;
  /** To a desk, once; to this region's unless another is named. */
  postDesk(memo: Memo, desk?: RegionName): void;
  /** Until it is acknowledged. */
  insist(session: SessionId, memo: Omit<Memo, "memo">, post: (memo: Memo) => void): void;
  write(person: Person, standing: Standing): void;
  ask(person: Person, effect: Extract<Effect, { do: "ask" }>["memo"]): void;
  report(person: Person, effect: Extract<Effect, { do: "report" }>): void;
  count(what: Count | "text_sent" | "text_shown"): void;
};

/** The only place where a decision becomes an act, so also the only place that counts. */
export function runEffects(person: Person, effects: readonly Effect[], hands: Hands): void {
  for (const effect of effects) {
    switch (effect.do) {
      case "send": {
        const { frame } = effect;
        hands.send(person.slot, encodeFrame(frame), frame.type === "typing" ? "typing" : "frame");
        break;
      }
      case "show":
        hands.send(
          person.slot,
          encodeMessage(effect.id, effect.text, Math.floor(hands.nowMs() / 1_000), effect.delivered),
          "text",
        );
        hands.count("text_shown");
        break;
      case "tell":
        if (effect.memo.kind === "text") hands.count("text_sent");
        hands.post(effect.to, effect.memo);
        break;
      case "refuse":
        hands.post(effect.to, effect.memo);
        break;
      case "insist":
        hands.insist(person.me.session, effect.memo, (memo) => hands.post(effect.to, memo));
        break;
      case "desk":
        person.no++;
        hands.insist(person.me.session, effect.memo, (memo) => hands.postDesk(memo, effect.desk));
        break;
      case "desk_once":
        hands.postDesk(effect.memo, effect.desk);
        break;
      case "write":
        person.no++;
        hands.write(person, effect.standing);
        break;
      case "ask":
        hands.ask(person, effect.memo);
        break;
      case "report":
        hands.report(person, effect);
        break;
      case "count":
        hands.count(effect.what);
        break;
      default:
        unreachable(effect);
    }
  }
}
