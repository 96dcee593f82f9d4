import type { Connected } from "@whisper/shared/client/connect-call";
import { type RunningClient, runClient } from "@whisper/shared/client/run-client";
import { Refusal } from "@whisper/shared/errors";
import { CLIENT_PATIENCE_MS, FRAMES_PER_S } from "@whisper/shared/limits";
import type { LegacyHands, ServeLegacy } from "../routes/socket.ts";
import { deviceCookie, deviceIn } from "./device-cookie.ts";
import type { LegacyFrame } from "./legacy-frames.ts";
import { fromLegacy, leaving, type Translated, toLegacy } from "./translate.ts";
import { connected, refused, upstreamHands } from "./upstream-hands.ts";

/** Why the edge closes a legacy socket (RFC 6455 §7.4.1): it left, it can be served no longer, or it said too much. */
const NORMAL = 1000;
const AGAIN_LATER = 1013;
const POLICY = 1008;

/**
 * Serves a client that speaks only the first Whisper's protocol: the edge plays the v1 client for it (DESIGN §5.4).
 * Comes in before the handshake, so that the device token can travel in its cookie; never chooses a subprotocol.
 * Throws `Refusal`.
 */
export const serveLegacy: ServeLegacy = async (request, hands) => {
  const first = await comeIn(hands, deviceIn(request.headers.get("cookie")));
  const pair = new WebSocketPair();
  play(pair[1], hands, first);
  const headers = new Headers();
  if (first.ok) headers.set("set-cookie", deviceCookie(first.admission.device, request.url.startsWith("https:")));
  return new Response(null, { status: 101, webSocket: pair[0], headers });
};

/**
 * The connect before the handshake. A ban is told on the socket, where a legacy client looks for it; other refusals
 * are thrown.
 */
async function comeIn(hands: LegacyHands, device: string | undefined): Promise<Connected> {
  try {
    return connected(await hands.connect({ device, avoid: new Set() }));
  } catch (error) {
    if (error instanceof Refusal && error.code === "banned") return refused(error);
    throw error;
  }
}

/** Plays one legacy client: its frames become calls, steps of the brain become its frames. */
function play(socket: WebSocket, hands: LegacyHands, first: Connected) {
  let isGone = false;
  const say = (frame: LegacyFrame): void => {
    if (socket.readyState === 1) socket.send(JSON.stringify(frame));
  };
  const client: RunningClient = runClient(
    upstreamHands(hands, first),
    (before, after, nowMs) => {
      if (isGone) farewell();
      else act(toLegacy(before, after, nowMs));
    },
    { dropsWhenLimited: true },
  );
  const isFlood = floodGate(hands.nowMs);

  function act({ down, calls, closes }: Translated) {
    for (const frame of down) say(frame);
    for (const call of calls) client.tell(call);
    if (closes) close(AGAIN_LATER);
  }
  function close(code: number) {
    if (socket.readyState < 3) socket.close(code);
    leave();
  }
  /** The person is gone: their partner is told, at once or as soon as there is a link again. */
  function leave() {
    if (isGone) return;
    isGone = true;
    for (const call of leaving(client.state().scene)) client.tell(call);
    setTimeout(() => client.tell({ call: "close" }), CLIENT_PATIENCE_MS);
    farewell();
  }
  function farewell() {
    const { link, stopped } = client.state();
    if (stopped === undefined && link.speaks !== undefined) client.tell({ call: "close" });
  }

  socket.addEventListener("message", (event: MessageEvent) => {
    if (isGone) return;
    if (isFlood()) close(POLICY);
    else act(fromLegacy(event.data, client.state()));
  });
  socket.addEventListener("close", () => close(NORMAL)); // answers the closing handshake where workerd does not
  socket.addEventListener("error", leave);
  socket.accept();
  client.tell({ call: "connect" });
}

/** More frames in a second than any honest client sends: the same bound as on a shard's own sockets. */
function floodGate(nowMs: () => number): () => boolean {
  let sinceMs = 0;
  let frames = 0;
  return () => {
    if (nowMs() >= sinceMs + 1_000) {
      sinceMs = nowMs();
      frames = 0;
    }
    return ++frames > FRAMES_PER_S;
  };
}
