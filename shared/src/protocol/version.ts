/** The subprotocol a shard speaks, and how the ticket travels beside it (a header of the handshake, so in no URL). */
export const PROTOCOL = "whisper.v1";
export const TICKET_PREFIX = "ticket.";
export const SOCKET_PATH = "/v1/socket";

/** The two subprotocols a client offers. */
export const offeredProtocols = (ticket: string): string[] => [PROTOCOL, `${TICKET_PREFIX}${ticket}`];

/** The ticket in a `Sec-WebSocket-Protocol` header, if the header also offers our protocol. */
export function ticketIn(header: string): string | undefined {
  let speaks = false;
  let ticket: string | undefined;
  for (const part of header.split(",")) {
    const name = part.trim();
    if (name === PROTOCOL) speaks = true;
    else if (name.startsWith(TICKET_PREFIX)) ticket = name.slice(TICKET_PREFIX.length);
  }
  return speaks ? ticket : undefined;
}
