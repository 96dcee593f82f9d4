import { audienceOf } from "@whisper/shared/credentials/claims";
import { openTicket } from "@whisper/shared/credentials/verify";
import { Refusal } from "@whisper/shared/errors";
import { TICKET_PREFIX, ticketIn } from "@whisper/shared/protocol/version";
import { type Admission, type Ask, comeIn, listingFor } from "../admission/come-in.ts";
import { callerOf, type EdgeContext } from "../http.ts";
import { openSocket } from "../upstream/open-socket.ts";

/** What the edge does for a legacy client on its behalf: comes in, and opens sockets to pools (DESIGN §5.4). */
export type LegacyHands = {
  /** A connect within this process: same meters, same refusals (throws `Refusal`). */
  connect(ask: Pick<Ask, "session" | "device" | "avoid">): Promise<Admission>;
  /**
   * A socket to the first of these pools that shakes hands, not yet accepted: add listeners, then call `accept()`.
   * Throws `Refusal`.
   */
  openSocket(ticket: string, urls: readonly string[]): Promise<WebSocket>;
  readonly nowMs: () => number;
  /** A number from 0 (included) to 1 (excluded), for back-off. */
  readonly unit: () => number;
};
/** Serves a socket that brought no ticket; answers with the 101, or throws `Refusal`. */
export type ServeLegacy = (request: Request, hands: LegacyHands) => Promise<Response>;

/** `GET /ws`: the edge's own handshake. With a ticket a relay to the ticket's pools, without one a legacy client. */
export const socketRoute = (serveLegacy: ServeLegacy | undefined) => {
  return async (c: EdgeContext): Promise<Response> => {
    if (c.req.header("upgrade")?.toLowerCase() !== "websocket") throw new Refusal("bad_request");
    const offered = c.req.header("sec-websocket-protocol") ?? "";
    if (offered.includes(TICKET_PREFIX)) return relay(c, offered);
    if (serveLegacy === undefined) throw new Refusal("not_found");
    return serveLegacy(c.req.raw, legacyHands(c));
  };
};

/**
 * Passes a socket through to a pool of its ticket, tried in order. The ticket must be ours: the edge opens no door to
 * others.
 */
async function relay(c: EdgeContext, offered: string): Promise<Response> {
  const { isolate } = c.var;
  const token = ticketIn(offered);
  const ticket = token === undefined ? undefined : openTicket(token);
  if (token === undefined || ticket?.ok !== true) throw new Refusal("bad_request");
  const listing = await listingFor(isolate, callerOf(c));
  if ((await isolate.keys.verifyTicket(ticket.value.opened, listing.handover)) !== true)
    throw new Refusal("bad_request");
  const urls = new Map(listing.reports.map(({ region, pool, url }) => [audienceOf(region, pool), url]));
  const wanted = ticket.value.claims.aud.map((pool) => urls.get(pool)).filter((url) => url !== undefined);
  const { answer } = await openSocket(token, wanted);
  // Handed on as it is: workerd itself then carries frames and closes both ways, and no code of ours runs per frame.
  return answer;
}

function legacyHands(c: EdgeContext): LegacyHands {
  const { isolate } = c.var;
  const first = callerOf(c);
  return {
    connect: (ask) => comeIn(isolate, { ...first, nowMs: isolate.clock.nowMs() }, ask),
    openSocket: async (ticket, urls) => (await openSocket(ticket, urls)).socket,
    nowMs: () => isolate.clock.nowMs(),
    unit: () => isolate.random.unit(),
  };
}
