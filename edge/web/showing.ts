import type { View } from "@whisper/shared/client/view";

export type Showing =
  | "landing"
  | "entering"
  | "searching"
  | "proposal"
  | "chat"
  | "ended"
  | "banned"
  | "superseded"
  | "refused"
  | "challenge";

/** Which scene to show. `leftEnd`: the person has turned away from the conversation that ended last. */
export function showingOf(view: View, leftEnd: boolean): Showing {
  const { stopped, now, connection } = view;
  if (stopped?.why === "banned" || stopped?.why === "superseded") return stopped.why;
  if (stopped?.why === "refused" || stopped?.why === "broken_client") return "refused";
  if (view.challenge !== undefined) return "challenge";
  // A search is shown at once, before there is a way to a server; saying so is more honest than a clock that runs.
  if (now.scene === "seeking") return connection === "open" || connection === "reconnecting" ? "searching" : "entering";
  if (now.scene === "proposed") return "proposal";
  if (now.scene === "chatting") return "chat";
  return endOf(view) !== undefined && !leftEnd ? "ended" : "landing";
}

/** How the conversation on show ended, if one did. A proposal that got lost is no conversation. */
export function endOf(view: View): "ended" | "partner_left" | "lost" | undefined {
  if (view.now.scene !== "idle" || view.now.chat === undefined) return undefined;
  const { note } = view.now;
  return note === "ended" || note === "partner_left" || note === "lost" ? note : undefined;
}
