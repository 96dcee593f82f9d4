import type { AddressInfo } from "node:net";
import { connect, createServer, type Socket } from "node:net";
import { FrameReader, OPCODE } from "../../src/engine/frames.ts";

/** A text frame of the server on its way to one client. `side` counts the sockets in the order of their dialling. */
export type Passing = { readonly side: number; readonly wire: string };
/** What goes on instead of a frame, at once; whatever it keeps it may send later by `send`. */
export type Tamper = (passing: Passing, send: (wire: string, side?: number) => void) => readonly string[];

/** A way to a shard that may drop, double, swap, delay and invent what the server says. What clients say passes. */
export type FaultyProxy = { readonly port: number; close(): void };

/** A server's frame: whole and unmasked. */
function serverFrame(opcode: number, payload: Buffer): Buffer {
  const { length } = payload;
  const head =
    length < 126 ? Buffer.of(0x80 | opcode, length) : Buffer.of(0x80 | opcode, 126, length >> 8, length & 255);
  return Buffer.concat([head, payload]);
}

export async function startFaultyProxy(targetPort: number, tamper: Tamper): Promise<FaultyProxy> {
  const sides: Socket[] = [];
  const all = new Set<Socket>();
  const send = (wire: string, side: number): void =>
    void sides[side]?.write(serverFrame(OPCODE.text, Buffer.from(wire)));
  const server = createServer((near) => {
    const side = sides.push(near) - 1;
    const far = connect(targetPort, "127.0.0.1");
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      all.add(one);
      one.on("error", () => other.destroy());
      one.on("close", () => other.destroy());
    }
    near.pipe(far);
    const reader = new FrameReader();
    let head = Buffer.alloc(0);
    let isOpen = false;
    const frames = (bytes: Buffer): void => {
      reader.push(bytes, 0, bytes.length, (opcode, all, from, to) => {
        const payload = Buffer.from(all.subarray(from, to));
        if (opcode !== OPCODE.text) return void near.write(serverFrame(opcode, payload));
        const passing = { side, wire: payload.toString("utf8") };
        for (const wire of tamper(passing, (one, where = side) => send(one, where))) send(wire, side);
      });
    };
    far.on("data", (bytes) => {
      if (isOpen) return frames(bytes);
      head = Buffer.concat([head, bytes]);
      const end = head.indexOf("\r\n\r\n");
      if (end < 0) return;
      isOpen = true;
      near.write(head.subarray(0, end + 4));
      frames(head.subarray(end + 4));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close();
      for (const socket of all) socket.destroy();
    },
  };
}
