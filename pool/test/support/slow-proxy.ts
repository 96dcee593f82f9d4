import { connect, createServer, type Socket } from "node:net";

/** A way to one server whose replies can be held back; while the server is away, who dials is cut. */
export type SlowProxy = {
  readonly port: number;
  /** From now on every piece of a reply comes so much later, in its order. */
  holdBack(replyMs: number): void;
  close(): void;
};

export async function slowProxy(targetPort: number): Promise<SlowProxy> {
  const live = new Set<Socket>();
  const held = new Set<NodeJS.Timeout>();
  let replyMs = 0;
  const later = (waitMs: number, run: () => void): void => {
    const timer = setTimeout(() => {
      held.delete(timer);
      run();
    }, waitMs);
    held.add(timer);
  };
  const server = createServer((near) => {
    const far = connect(targetPort, "127.0.0.1");
    const pieces: Buffer[] = [];
    let freeMs = 0;
    near.on("data", (piece) => void far.write(piece));
    far.on("data", (piece) => {
      const nowMs = performance.now();
      freeMs = Math.max(freeMs, nowMs + replyMs);
      // In a queue, so that no piece overtakes another, whatever timers do.
      pieces.push(piece);
      const pass = (): void => void near.write(pieces.shift() ?? "");
      if (freeMs <= nowMs && pieces.length === 1) pass();
      else later(freeMs - nowMs, pass);
    });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      live.add(one);
      one.on("error", () => other.destroy());
      one.on("close", () => {
        live.delete(one);
        other.destroy();
      });
    }
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("a TCP server has a port");
  return {
    port: address.port,
    holdBack(ms) {
      replyMs = ms;
    },
    close() {
      for (const timer of held) clearTimeout(timer);
      for (const socket of live) socket.destroy();
      server.close();
    },
  };
}
