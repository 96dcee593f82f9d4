import { connect, createServer, type Socket } from "node:net";

/**
 * A way to one server that can be cut: what is on it at that moment is lost, as when a network goes. While it is kept
 * away, who dials is cut, too.
 */
export type CuttingProxy = {
  readonly port: number;
  cutAll(): number;
  keepAway(isAway: boolean): void;
  close(): void;
};

export async function cuttingProxy(targetPort: number): Promise<CuttingProxy> {
  const live = new Set<Socket>();
  let isAway = false;
  const server = createServer((near) => {
    if (isAway) {
      near.on("error", () => undefined); // it is cut either way
      near.resetAndDestroy();
      return;
    }
    const far = connect(targetPort, "127.0.0.1");
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      live.add(one);
      one.pipe(other);
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
  const cutAll = (): number => {
    const cut = live.size;
    for (const socket of live) socket.resetAndDestroy();
    return cut;
  };
  return {
    port: address.port,
    cutAll,
    keepAway(away) {
      isAway = away;
      if (away) cutAll();
    },
    close() {
      cutAll();
      server.close();
    },
  };
}
