import { toBase64Url } from "./base64url.ts";
import type { Random } from "./random.ts";

declare const brand: unique symbol;
type Branded<B extends string> = string & { readonly [brand]: B };

/**
 * One anonymous person's presence: 16 random bytes, 22 letters. Its holder and the server know it; the partner never
 * does.
 */
export type SessionId = Branded<"session">;
/** One chat, known to both of its people. */
export type ChatId = Branded<"chat">;
/** The first 11 letters of SHA-256 over a device token's id: what bans and "never again" hang on. */
export type DeviceHash = Branded<"device">;
/** Where a person's socket is now: `region.pool.shard.incarnation`. */
export type Address = Branded<"address">;
export type RegionName = Branded<"region">;
export type PoolName = Branded<"pool">;

const ID = /^[A-Za-z0-9_-]{22}$/;
const HASH = /^[A-Za-z0-9_-]{11}$/;
const NAME = /^[a-z][a-z0-9-]{0,23}$/;

/** A new id of 22 letters: 128 bits nobody can guess. */
export const newSessionId = (random: Random): SessionId => toBase64Url(random.bytes(16)) as SessionId;
/** The same for a chat. */
export const newChatId = (random: Random): ChatId => toBase64Url(random.bytes(16)) as ChatId;

/** Whether this has the form of a session's id; not whether there is one. */
export const isSessionId = (value: unknown): value is SessionId => typeof value === "string" && ID.test(value);
/** Whether this has the form of a chat's id. */
export const isChatId = (value: unknown): value is ChatId => typeof value === "string" && ID.test(value);
/** Whether this has the form of a device's hash. */
export const isDeviceHash = (value: unknown): value is DeviceHash => typeof value === "string" && HASH.test(value);
/**
 * Regions and pools: lower-case letters, digits and dashes, 24 at most, so that they fit a bus subject and an
 * address.
 */
export const isRegionName = (value: unknown): value is RegionName => typeof value === "string" && NAME.test(value);
/** The same form: a pool is named like a region. */
export const isPoolName = (value: unknown): value is PoolName => typeof value === "string" && NAME.test(value);

/** Whose socket an address is, taken apart. `incarnation` is new each time the shard starts. */
export type AddressParts = {
  readonly region: RegionName;
  readonly pool: PoolName;
  readonly shard: number;
  readonly incarnation: string;
};

const INCARNATION_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789";

/**
 * What tells one life of a shard from every other: eight letters drawn by chance, 41 bits. A time would come again when
 * a clock is set back.
 */
export const newIncarnation = (random: Random): string =>
  Array.from(random.bytes(8), (byte) => INCARNATION_LETTERS[byte % INCARNATION_LETTERS.length]).join("");

/** The address of these parts, which are in their forms already. */
export const addressOf = (parts: AddressParts): Address =>
  `${parts.region}.${parts.pool}.${parts.shard}.${parts.incarnation}` as Address;

const ADDRESS = /^([a-z][a-z0-9-]{0,23})\.([a-z][a-z0-9-]{0,23})\.(\d{1,3})\.([a-z0-9]{1,8})$/;

/** An address taken apart, or `undefined` for anything that is none. */
export function parseAddress(text: string): AddressParts | undefined {
  const found = ADDRESS.exec(text);
  if (found === null) return undefined;
  return {
    region: found[1] as RegionName,
    pool: found[2] as PoolName,
    shard: Number(found[3]),
    incarnation: found[4] as string,
  };
}

/** Whether a value reads as an address; nothing is said about anybody being there. */
export const isAddress = (value: unknown): value is Address => typeof value === "string" && ADDRESS.test(value);

/** Ids as the words of one pair, whichever way round they are given. */
export const unorderedPair = (a: string, b: string): string => (a < b ? `${a}|${b}` : `${b}|${a}`);
