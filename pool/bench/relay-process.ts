import { App, DISABLED, LIBUS_LISTEN_EXCLUSIVE_PORT, us_socket_local_port, type WebSocket } from "uWebSockets.js";
import { FRAME_BYTES_CUT, OUTBOX_BYTES_MAX, SOCKET_SILENT_S } from "@whisper/shared/limits";
import { answerAsks } from "./answer-asks.ts";

// The baseline of the bench: the socket library alone, with the settings that a shard gives it. `/pair/<n>` pairs the
// first two sockets that ask for the same n and hands their frames on untouched; any other path holds the socket.

type UserData = { readonly pair: string; partner: WebSocket<UserData> | undefined };

const waiting = new Map<string, WebSocket<UserData>>();
let held = 0;

const app = App();
app.ws<UserData>("/*", {
  maxPayloadLength: FRAME_BYTES_CUT,
  maxBackpressure: OUTBOX_BYTES_MAX,
  idleTimeout: SOCKET_SILENT_S,
  sendPingsAutomatically: true,
  compression: DISABLED,
  upgrade: (res, req, context) => {
    const url = req.getUrl();
    const key = req.getHeader("sec-websocket-key");
    const extensions = req.getHeader("sec-websocket-extensions");
    const pair = url.startsWith("/pair/") ? url : "";
    res.upgrade<UserData>({ pair, partner: undefined }, key, "", extensions, context);
  },
  open: (ws) => {
    held++;
    const { pair } = ws.getUserData();
    if (pair === "") return;
    const first = waiting.get(pair);
    if (first === undefined) return void waiting.set(pair, ws);
    waiting.delete(pair);
    first.getUserData().partner = ws;
    ws.getUserData().partner = first;
  },
  message: (ws, bytes, isBinary) => {
    ws.getUserData().partner?.send(bytes, isBinary);
  },
  close: (ws) => {
    held--;
    const { pair, partner } = ws.getUserData();
    if (partner !== undefined) partner.getUserData().partner = undefined;
    if (waiting.get(pair) === ws) waiting.delete(pair);
  },
});
app.listen("127.0.0.1", 0, LIBUS_LISTEN_EXCLUSIVE_PORT, (socket) => {
  if (socket === false) throw new Error("no port to listen on");
  answerAsks({ port: us_socket_local_port(socket) }, { numbers: () => ({ held }) });
});
