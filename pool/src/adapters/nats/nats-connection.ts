import { connect, type NatsConnection } from "nats";

/** A server that is silent for two of these is given up and dialled again. */
const PING_EVERY_MS = 5_000;
const PINGS_UNANSWERED_MAX = 2;
const DIAL_MS = 2_000;
const REDIAL_MS = 100;
const REDIAL_JITTER_MS = 100;

export type NatsLink = {
  readonly nats: NatsConnection;
  isUp(): boolean;
  /** Calls back each time the server is reached again, not the first time. */
  onUp(callback: () => void): { stop(): void };
  close(): Promise<void>;
};

/** Where to dial, and what to say there: the library takes no user from an address, and one for all servers. */
function dialOf(urls: string): { servers: string[]; user?: string; pass?: string } {
  const all = urls.split(",").map((url) => new URL(url.trim()));
  const servers = all.map(({ protocol, host }) => `${protocol}//${host}`);
  const { username = "", password = "" } = all.find((one) => one.username !== "") ?? {};
  if (username === "") return { servers };
  return { servers, user: decodeURIComponent(username), pass: decodeURIComponent(password) };
}

/**
 * A connection to one of the servers named, by comma, that dials again for ever: another server when its own is gone.
 * Rejects when none can be reached at the start; `onFault` hears of a connection that ended for good without our doing.
 */
export async function linkNats(urls: string, onFault: (error: unknown) => void): Promise<NatsLink> {
  const nats = await connect({
    ...dialOf(urls),
    maxReconnectAttempts: -1,
    // Without this a server that refuses twice (a secret that is being changed) ends the connection for ever.
    ignoreAuthErrorAbort: true,
    reconnectTimeWait: REDIAL_MS,
    reconnectJitter: REDIAL_JITTER_MS,
    reconnectJitterTLS: REDIAL_JITTER_MS,
    timeout: DIAL_MS,
    pingInterval: PING_EVERY_MS,
    maxPingOut: PINGS_UNANSWERED_MAX,
  });
  const callbacks = new Set<() => void>();
  let isUp = true;
  const follow = async (): Promise<void> => {
    for await (const { type } of nats.status()) {
      if (type === "disconnect") isUp = false;
      if (type !== "reconnect") continue;
      isUp = true;
      for (const callback of [...callbacks]) callback();
    }
  };
  void follow().catch(onFault);
  void nats.closed().then((error) => {
    isUp = false;
    if (error instanceof Error) onFault(error);
  });
  return {
    nats,
    isUp: () => isUp,
    onUp(callback) {
      callbacks.add(callback);
      return { stop: () => void callbacks.delete(callback) };
    },
    async close() {
      isUp = false;
      callbacks.clear();
      await nats.close();
    },
  };
}
