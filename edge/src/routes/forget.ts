import { signJwt } from "@whisper/shared/credentials/jwt";
import { Refusal } from "@whisper/shared/errors";
import { CONNECT_BODY_BYTES_MAX } from "@whisper/shared/limits";
import { claimsFor, sessionToResume } from "../admission/admit.ts";
import { choosePoolsFor, listingFor } from "../admission/come-in.ts";
import { heldBy } from "../admission/held.ts";
import { callerOf, type EdgeContext, jsonBody } from "../http.ts";
import { openSocket } from "../upstream/open-socket.ts";
import { readAsk } from "./connect.ts";

const ERASED_MS_MAX = 5_000;
const ERASED = 1_000;

/**
 * `POST /v1/forget`: a pool of the home region erases the caller. Only the session can ask for it, so one that is over
 * or not theirs is `session_expired`. The pool closes with 1000 when all is erased; anything else means: try again.
 */
export async function forget(c: EdgeContext): Promise<Response> {
  const { isolate } = c.var;
  const caller = callerOf(c);
  const ask = readAsk(await jsonBody(c.req.raw, CONNECT_BODY_BYTES_MAX));
  const metered = await isolate.connects.take(caller.network, caller.nowMs);
  if (metered !== "taken") throw new Refusal("rate_limited", metered);
  const held = await heldBy(ask, isolate.keys, caller.nowMs);
  const session = sessionToResume(held, undefined);
  if (session === undefined) throw new Refusal("session_expired");
  const listing = await listingFor(isolate, caller);
  if (!listing.reports.some(({ region }) => region === session.home)) throw new Refusal("no_capacity", RETRY);
  const pools = choosePoolsFor(isolate, caller, { avoid: ask.avoid, region: session.home }, listing, undefined);
  const person = { session: session.sub, device: session.dev, lane: session.lane, resumes: session };
  const network = await isolate.networkHash.of(caller.network, caller.nowMs);
  const claims = claimsFor({ ...person, network }, pools, caller.nowMs).ticket;
  const ticket = await signJwt({ ...claims, scope: "forget" }, await isolate.keys.signerAt(caller.nowMs));
  const { socket } = await openSocket(
    ticket,
    pools.map(({ url }) => url),
  );
  if ((await closeCodeOf(socket)) !== ERASED) throw new Refusal("no_capacity", RETRY);
  return c.json({ forgotten: true });
}

const RETRY = { retryAfterS: 5 };

/** The code a socket is closed with; `undefined` when that takes longer than 5 s. */
function closeCodeOf(socket: WebSocket): Promise<number | undefined> {
  return new Promise((resolve) => {
    const tooLong = setTimeout(() => {
      socket.close(ERASED);
      resolve(undefined);
    }, ERASED_MS_MAX);
    socket.addEventListener("close", (event) => {
      clearTimeout(tooLong);
      resolve(event.code);
    });
    socket.accept();
  });
}
