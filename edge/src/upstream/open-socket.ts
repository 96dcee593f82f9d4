import { Refusal } from "@whisper/shared/errors";
import { offeredProtocols, PROTOCOL } from "@whisper/shared/protocol/version";

/** A handshake that takes longer is given up for the next pool. */
const HANDSHAKE_MS_MAX = 4_000;

type Upstream = { readonly socket: WebSocket; readonly answer: Response };

/**
 * Makes the client's half of a v1 handshake with the first of `urls` that accepts it (`ws:` or `wss:`, tried in
 * order). The socket is not yet accepted. Refuses `no_capacity` when none does; what a pool answered instead stays
 * unsaid.
 */
export async function openSocket(ticket: string, urls: readonly string[]): Promise<Upstream> {
  for (const url of urls) {
    const answer = await shakeHands(url, ticket);
    const socket = answer?.webSocket ?? undefined;
    if (answer !== undefined && socket !== undefined) return { socket, answer };
  }
  throw new Refusal("no_capacity", { retryAfterS: 5 });
}

async function shakeHands(url: string, ticket: string): Promise<Response | undefined> {
  const headers = { upgrade: "websocket", "sec-websocket-protocol": offeredProtocols(ticket).join(", ") };
  const tooLong = new AbortController();
  const timer = setTimeout(() => tooLong.abort(), HANDSHAKE_MS_MAX);
  try {
    const answer = await fetch(url.replace(/^ws/, "http"), { headers, signal: tooLong.signal, redirect: "manual" });
    if (answer.headers.get("sec-websocket-protocol") === PROTOCOL) return answer;
    hangUp(answer);
    return undefined;
  } catch {
    return undefined; // refused, reset or too slow: the next pool is asked
  } finally {
    clearTimeout(timer);
  }
}

/** Leaves nothing open of an answer that is of no use: neither a socket that speaks something else, nor a body. */
function hangUp({ webSocket, body }: Response): void {
  webSocket?.accept();
  webSocket?.close(1000);
  void body?.cancel().catch(() => undefined); // a body that broke is gone as well
}
