import { connect, type NatsConnection } from "nats";
import { UsageFault } from "../plan/usage-fault.ts";

/** What conductor and agents need of a bus: words as JSON, to whoever listens. */
export type AgentBus = {
  say(subject: string, word: object): void;
  /** What cannot be read as JSON is not heard. */
  listen(subject: string, hear: (word: unknown) => void): void;
  /** Resolves when the bus knows what is listened to here, and has what was said. */
  settle(): Promise<void>;
  close(): Promise<void>;
};

const DIAL_MS = 2_000;
const REDIAL_MS = 200;
const PING_EVERY_MS = 5_000;

/**
 * Joins the bus at `url`, and joins it again whenever it is lost. Rejects with a `UsageFault` when it cannot be reached
 * at the start; the url's password is never told.
 */
export async function openAgentBus(url: string, option: string): Promise<AgentBus> {
  const nats = await dial(url, option);
  return {
    say(subject, word) {
      if (!nats.isClosed()) nats.publish(subject, JSON.stringify(word));
    },
    listen(subject, hear) {
      nats.subscribe(subject, {
        callback(error, heard) {
          const word = error === null ? parsed(heard.data) : undefined;
          if (word !== undefined) hear(word);
        },
      });
    },
    settle: () => nats.flush(),
    async close() {
      // What was said last is still to be written.
      if (!nats.isClosed()) await nats.drain().catch(() => nats.close());
    },
  };
}

async function dial(text: string, option: string): Promise<NatsConnection> {
  let url: URL;
  try {
    url = new URL(text);
    if (url.protocol !== "nats:" && url.protocol !== "tls:") throw new TypeError(url.protocol);
  } catch (error) {
    throw new UsageFault(`${option}: write an address such as nats://10.0.0.1:4222`, { cause: error });
  }
  const { host, username, password } = url;
  try {
    return await connect({
      servers: [`${url.protocol}//${host}`],
      ...(username === "" ? {} : { user: decodeURIComponent(username), pass: decodeURIComponent(password) }),
      maxReconnectAttempts: -1,
      reconnectTimeWait: REDIAL_MS,
      timeout: DIAL_MS,
      pingInterval: PING_EVERY_MS,
    });
  } catch (error) {
    throw new UsageFault(`${option}: no NATS server lets us in at ${host}: start one, or write another address`, {
      cause: error,
    });
  }
}

function parsed(data: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(data));
  } catch {
    return undefined; // somebody else's word
  }
}
