import { connect, type Socket } from "node:net";
import { offeredProtocols } from "@whisper/shared/protocol/version";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startRegion, type TestRegion } from "./support/region.ts";
import { until } from "./support/until.ts";

// Bytes as they come from a bad network: together, or one by one. Written by hand (RFC 6455), because a library would
// tidy them.

let region: TestRegion;
beforeAll(async () => {
  region = await startRegion();
});
afterAll(() => region.stop());

/** A client's text frame, up to 125 bytes, masked with zeros. */
const textFrame = (text: string): Buffer =>
  Buffer.concat([Buffer.from([0x81, 0x80 | Buffer.byteLength(text), 0, 0, 0, 0]), Buffer.from(text)]);
const PING = textFrame('{"type":"ping"}');

async function upgradeRequest(): Promise<Buffer> {
  const lines = [
    "GET /v1/socket HTTP/1.1",
    "Host: 127.0.0.1",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    `Sec-WebSocket-Protocol: ${offeredProtocols(await region.ticket({ new: true })).join(", ")}`,
  ];
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n`);
}

/** A socket to the shard, and everything that came from it. */
function open(): { readonly socket: Socket; heard(): string } {
  let heard = "";
  const socket = connect({ port: Number(new URL(region.urlOf(0)).port), host: "127.0.0.1", noDelay: true });
  socket.on("data", (piece) => {
    heard += piece.toString("latin1");
  });
  return { socket, heard: () => heard };
}

test("[S28] what a client sends before the answer to its upgrade (RFC 6455 forbids it) hurts nobody, the socket stays in step", async () => {
  const { socket, heard } = open();
  // The library drops what comes in the upgrade's own packet. An early frame that is cut in two leaves no half behind.
  socket.write(Buffer.concat([await upgradeRequest(), PING, PING.subarray(0, 5)]));
  await until("the greeting", () => heard().includes('"session_created"'));
  expect(heard()).toContain("101 Switching Protocols");
  const before = heard().split('"pong"').length;
  socket.write(PING);
  await until("the pong", () => heard().split('"pong"').length === before + 1);
  expect(heard()).not.toContain('"parse_error"');
  socket.destroy();
});

test("[S28] frames whose header and payload come byte by byte are whole, and the stream stays in step", async () => {
  const { socket, heard } = open();
  socket.write(await upgradeRequest());
  await until("the greeting", () => heard().includes('"session_created"'));
  for (const frame of [PING, PING, textFrame('{"type":"nope"}'), PING])
    for (const byte of frame) {
      socket.write(Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve)); // each byte leaves as a packet of its own
    }
  await until("three pongs", () => heard().split('"pong"').length === 4);
  expect(heard().split('"unsupported_type"')).toHaveLength(2);
  expect(heard()).not.toContain('"parse_error"');
  socket.destroy();
});
