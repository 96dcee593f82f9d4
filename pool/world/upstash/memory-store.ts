import type { Clock } from "@whisper/shared/base/clock";
import type { Reply, UpstashStore } from "./store.ts";

type Value = string | Map<string, string>;
type Entry = { value: Value; untilMs: number };

const WRONG_TYPE = "WRONGTYPE Operation against a key holding the wrong kind of value";
const NOT_INTEGER = "ERR value is not an integer or out of range";
const SYNTAX = "ERR syntax error";

/** Keys of one small Redis: strings and hashes with a time to live. */
class Keys {
  readonly #entries = new Map<string, Entry>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  entry(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.untilMs > this.#clock.nowMs()) return entry;
    this.#entries.delete(key);
    return undefined;
  }

  text(key: string): string | undefined {
    const value = this.entry(key)?.value;
    if (typeof value === "object") throw new Error(WRONG_TYPE);
    return value;
  }

  hash(key: string): Map<string, string> | undefined {
    const value = this.entry(key)?.value;
    if (typeof value === "string") throw new Error(WRONG_TYPE);
    return value;
  }

  put(key: string, value: Value, lifeMs = Number.POSITIVE_INFINITY): void {
    this.#entries.set(key, { value, untilMs: this.#clock.nowMs() + lifeMs });
  }

  expire(key: string, lifeMs: number): number {
    const entry = this.entry(key);
    if (entry === undefined) return 0;
    entry.untilMs = this.#clock.nowMs() + lifeMs;
    return 1;
  }

  leftMs(key: string): number {
    const entry = this.entry(key);
    if (entry === undefined) return -2;
    return entry.untilMs === Number.POSITIVE_INFINITY ? -1 : entry.untilMs - this.#clock.nowMs();
  }

  delete(key: string): boolean {
    return this.entry(key) !== undefined && this.#entries.delete(key);
  }
}

function wholeNumber(text: string | undefined): number {
  const value = Number(text);
  if (text === undefined || !/^-?\d{1,16}$/.test(text) || !Number.isSafeInteger(value)) throw new Error(NOT_INTEGER);
  return value;
}

function set(keys: Keys, [key, value, ...options]: readonly string[]): Reply {
  if (key === undefined || value === undefined) throw new Error(SYNTAX);
  let lifeMs: number | undefined;
  let only: "NX" | "XX" | undefined;
  for (let i = 0; i < options.length; i++) {
    const option = options[i]?.toUpperCase();
    if (option === "EX" || option === "PX") {
      lifeMs = wholeNumber(options[++i]) * (option === "EX" ? 1_000 : 1);
      if (lifeMs <= 0) throw new Error("ERR invalid expire time in 'set' command");
    } else if (option === "NX" || option === "XX") only = option;
    else throw new Error(SYNTAX);
  }
  const isThere = keys.entry(key) !== undefined;
  if ((only === "NX" && isThere) || (only === "XX" && !isThere)) return null;
  keys.put(key, value, lifeMs);
  return "OK";
}

function hset(keys: Keys, [key, ...pairs]: readonly string[]): Reply {
  if (key === undefined || pairs.length === 0 || pairs.length % 2 !== 0)
    throw new Error("ERR wrong number of arguments for 'hset' command");
  let hash = keys.hash(key);
  if (hash === undefined) {
    hash = new Map();
    keys.put(key, hash);
  }
  const before = hash.size;
  for (let i = 0; i < pairs.length; i += 2) hash.set(pairs[i] ?? "", pairs[i + 1] ?? "");
  return hash.size - before;
}

function hdel(keys: Keys, [key = "", ...fields]: readonly string[]): Reply {
  const hash = keys.hash(key);
  const removed = fields.filter((field) => hash?.delete(field) === true).length;
  if (hash?.size === 0) keys.delete(key);
  return removed;
}

/** Every command there is here: how many arguments it takes at least and at most, and what it does. */
const COMMANDS: Readonly<
  Record<string, readonly [least: number, most: number, run: (keys: Keys, args: readonly string[]) => Reply]>
> = {
  PING: [0, 0, () => "PONG"],
  GET: [1, 1, (keys, [key = ""]) => keys.text(key) ?? null],
  SET: [2, 5, set],
  DEL: [1, 1_000, (keys, names) => names.filter((key) => keys.delete(key)).length],
  EXISTS: [1, 1_000, (keys, names) => names.filter((key) => keys.entry(key) !== undefined).length],
  EXPIRE: [2, 2, (keys, [key = "", seconds]) => keys.expire(key, wholeNumber(seconds) * 1_000)],
  PEXPIRE: [2, 2, (keys, [key = "", ms]) => keys.expire(key, wholeNumber(ms))],
  TTL: [1, 1, (keys, [key = ""]) => (keys.leftMs(key) < 0 ? keys.leftMs(key) : Math.round(keys.leftMs(key) / 1_000))],
  PTTL: [1, 1, (keys, [key = ""]) => keys.leftMs(key)],
  HSET: [3, 2_001, hset],
  HGET: [2, 2, (keys, [key = "", field = ""]) => keys.hash(key)?.get(field) ?? null],
  HMGET: [2, 1_001, (keys, [key = "", ...fields]) => fields.map((field) => keys.hash(key)?.get(field) ?? null)],
  HGETALL: [1, 1, (keys, [key = ""]) => [...(keys.hash(key) ?? [])].flat()],
  HLEN: [1, 1, (keys, [key = ""]) => keys.hash(key)?.size ?? 0],
  HDEL: [2, 1_001, hdel],
};

function lookUp(command: readonly string[]): (keys: Keys) => Reply {
  const [name = "", ...args] = command;
  const row = Object.hasOwn(COMMANDS, name.toUpperCase()) ? COMMANDS[name.toUpperCase()] : undefined;
  if (row === undefined) throw new Error("ERR unknown command");
  const [least, most, run] = row;
  if (args.length < least || args.length > most)
    throw new Error(`ERR wrong number of arguments for '${name.toLowerCase()}' command`);
  return (keys) => run(keys, args);
}

/** A store in memory, for the few commands that the edge and its directory use. */
export function memoryStore(clock: Clock): UpstashStore {
  const keys = new Keys(clock);
  return {
    call: async (command) => lookUp(command)(keys),
    async transaction(commands) {
      let runs: readonly ((keys: Keys) => Reply)[];
      try {
        runs = commands.map(lookUp);
      } catch (error) {
        throw new Error("EXECABORT Transaction discarded because of previous errors.", { cause: error });
      }
      return runs.map((run) => {
        try {
          return run(keys);
        } catch (error) {
          return error instanceof Error ? error : new Error(String(error));
        }
      });
    },
    close: async () => {},
  };
}
