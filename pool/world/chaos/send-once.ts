import type { ClientHands } from "@whisper/shared/client/run-client";

/**
 * Test hook: hands that put each text on the wire a single time, however often the client sends it, so that a check of
 * delivery can be seen to fail.
 */
export function sendOnce(hands: ClientHands): ClientHands {
  const highest = new Map<string, number>();
  const isAgain = (wire: string): boolean => {
    const frame = JSON.parse(wire) as { readonly type?: unknown; readonly chat_id?: unknown; readonly id?: unknown };
    if (frame.type !== "message" || typeof frame.chat_id !== "string" || typeof frame.id !== "number") return false;
    if (frame.id <= (highest.get(frame.chat_id) ?? 0)) return true;
    highest.set(frame.chat_id, frame.id);
    return false;
  };
  return {
    ...hands,
    open(url, ticket, heard) {
      const socket = hands.open(url, ticket, heard);
      return {
        close: () => socket.close(),
        send: (wire) => {
          if (!isAgain(wire)) socket.send(wire);
        },
      };
    },
  };
}
