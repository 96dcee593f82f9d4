import { assert } from "@whisper/shared/base/assert";
import { isSessionId } from "@whisper/shared/base/ids";
import { memoryKeep } from "@whisper/shared/client/browser-world";
import type { Connected } from "@whisper/shared/client/connect-call";
import type { ClientHands, SocketEars } from "@whisper/shared/client/run-client";
import type { ConnectBody } from "@whisper/shared/client/state";
import { Refusal } from "@whisper/shared/errors";
import type { Admission } from "../admission/come-in.ts";
import type { LegacyHands } from "../routes/socket.ts";

/** The hands of a brain that runs at the edge: it asks within this process and opens its sockets by `fetch`. */
export function upstreamHands(hands: LegacyHands, first: Connected): ClientHands {
  let answered: Connected | undefined = first;
  return {
    nowMs: hands.nowMs,
    chance: hands.unit,
    setTimer: (run, delayMs) => setTimeout(run, delayMs),
    clearTimer: (timer) => clearTimeout(timer as number),
    tab: memoryKeep(),
    device: memoryKeep(),
    async ask(body) {
      const answer = answered ?? (await connectWith(hands, body));
      answered = undefined;
      return answer;
    },
    open: (url, ticket, heard) => openUpstream(hands, url, ticket, heard),
  };
}

/**
 * A connect in this process, as the client library reads one over the network. What is no refusal is our fault, and
 * tried again.
 */
async function connectWith(hands: LegacyHands, body: ConnectBody): Promise<Connected> {
  try {
    const { session, device, avoid } = body;
    return connected(await hands.connect({ session, device, avoid: new Set(avoid) }));
  } catch (error) {
    return refused(error instanceof Refusal ? error : new Refusal("our_fault", { cause: error }));
  }
}

/** An admission as the client library knows it. */
export function connected({ session, session_id, device, ticket, endpoints }: Admission): Connected {
  assert(isSessionId(session_id), "the edge admits sessions with an id");
  return { ok: true, admission: { session, sessionId: session_id, device, ticket, endpoints } };
}

/** A refusal as the client library knows it. */
export function refused({ code, message, retryAfterS }: Refusal): Connected {
  const retryAfterMs = retryAfterS === undefined ? undefined : retryAfterS * 1_000;
  return { ok: false, refusal: { code, retryAfterMs, words: message, challenge: undefined } };
}

/** A socket to one pool. The edge is where a relay would lead to, so without `url` there is no other way: shut. */
function openUpstream(hands: LegacyHands, url: string | undefined, ticket: string, heard: SocketEars) {
  let socket: WebSocket | undefined;
  let isGivenUp = false;
  const opened = (open: WebSocket): void => {
    socket = open;
    open.addEventListener("message", (event: MessageEvent) => heard.frame(event.data));
    open.addEventListener("close", (event: CloseEvent) => heard.closed(event.code, event.reason));
    open.addEventListener("error", () => heard.closed(1006, ""));
    open.accept();
    if (isGivenUp) open.close(1000);
    else heard.opened();
  };
  const shut = (): void => heard.closed(1006, "");
  if (url === undefined) queueMicrotask(shut);
  else hands.openSocket(ticket, [url]).then(opened, shut);
  return {
    send(wire: string) {
      if (socket?.readyState === 1) socket.send(wire);
    },
    close() {
      isGivenUp = true;
      if (socket?.readyState === 1) socket.close(1000);
    },
  };
}
