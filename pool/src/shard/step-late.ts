import { AVOID_AFTER_BLOCK_MS } from "@whisper/shared/limits";
import type { FrameOf } from "@whisper/shared/protocol/client-frames";
import { errorFrame } from "@whisper/shared/protocol/server-frames";
import { type Ctx, type Effect, nothing, type Step, send } from "./event.ts";
import type { Session } from "./session.ts";
import { endChat } from "./step-chat.ts";

/**
 * A report or a block: about the running chat, or the one that ended in the last ten minutes. Block ends a running
 * chat, report does not.
 */
export function onLateWord(now: Session, frame: FrameOf<"report" | "block">, ctx: Ctx): Step {
  const running = now.place === "chatting" && now.chat === frame.chat_id ? now.partner.device : undefined;
  const past = now.over?.chat === frame.chat_id && ctx.nowMs < now.over.untilMs ? now.over.device : undefined;
  const device = running ?? past;
  if (device === undefined) return { next: now, effects: [send(errorFrame("invalid_chat"))] };
  const { address, lane, device: mine } = ctx.me;
  const never = { kind: "never", address, lane, a: mine, b: device, forMs: AVOID_AFTER_BLOCK_MS } as const;
  // Every desk that might pair these two hears of it.
  const effects: Effect[] = [undefined, ...ctx.rules.neighbours].map((desk) => ({ do: "desk", memo: never, desk }));
  if (frame.type === "report") {
    const { chat_id: chat, reason, comment, evidence } = frame;
    effects.push({ do: "report", chat, device, reason, comment, evidence });
    return { next: now, effects };
  }
  if (now.place !== "chatting" || running === undefined) return { ...nothing(now), effects };
  return endChat(now, ctx, effects, true);
}
