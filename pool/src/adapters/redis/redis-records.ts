import { assert } from "@whisper/shared/base/assert";
import { toBase64Url } from "@whisper/shared/base/base64url";
import { type DeviceHash, isAddress, isDeviceHash, type SessionId } from "@whisper/shared/base/ids";
import type { Random } from "@whisper/shared/base/random";
import type { RecordsSettings } from "../../clerk/records-settings.ts";
import { assertFits } from "../../clerk/standing-bounds.ts";
import type { AdmitAnswer, Place, Records, Standing, Whereabouts } from "../../ports.ts";
import { ALL_PARTITIONS, partitionOf } from "../../runtime/partitions.ts";
import { banKey, DESK_GENERATION_KEY, generationKey, recordKey } from "./keys.ts";
import { connectRedis, type RegionRedis } from "./redis-connection.ts";
import { luaScript } from "./redis-script.ts";

const SCRIPTS = {
  admit: luaScript("record-store", "record-admit"),
  write: luaScript("record-store", "record-write"),
  endHalf: luaScript("record-store", "record-end-half"),
  where: luaScript("record-store", "record-where"),
  touch: luaScript("record-store", "record-touch"),
  holder: luaScript("record-store", "record-holder"),
};
/** Three bytes hold an attempt; the highest stands for none (record-store.lua). */
const ATTEMPTS = 0xff_ff_ff;
const DEVICE_CHARS = 11;
/** A script holds the server up for its whole length: no more keys than this in one. */
const TOUCHED_AT_ONCE_MAX = 100;

const keyOf = (session: SessionId): string => recordKey(partitionOf(session), session);
/** Eleven letters hold 66 bits: eight bytes and the two highest bits of a ninth. */
const deviceBytes = (device: DeviceHash): Buffer => Buffer.from(`${device}A`, "base64url");

/**
 * The records of a region in its Redis. Rejects when that cannot be reached at the start; `onFault` hears of later
 * failures to dial.
 */
export async function openRedisRecords(
  url: string,
  settings: RecordsSettings,
  random: Random,
  onFault: (error: Error) => void,
): Promise<Records> {
  const redis = await connectRedis(url, onFault);
  const token = toBase64Url(random.bytes(9));
  const { ttlMs, settleMs } = settings;
  const generationAt = (nowMs: number): string => `${token}.${nowMs}`;
  const bornAt = async (key: string, nowMs: number): Promise<string> =>
    (await redis.set(key, generationAt(nowMs), "NX", "GET")) ?? generationAt(nowMs);

  return {
    async admit(ask, nowMs) {
      const { session, epoch, attempt, fresh, device, address } = ask;
      // Another slot, so another command; asked first, so that a banned person's admission changes nothing.
      const ban = banOf(await redis.get(banKey(device)), nowMs);
      if (ban !== undefined) return ban;
      const keys = [keyOf(session), generationKey(partitionOf(session))];
      const fields = [epoch, attempt % ATTEMPTS, fresh ? 1 : 0, deviceBytes(device), address];
      return admittedOf(await SCRIPTS.admit.run(redis, keys, [...fields, nowMs, ttlMs, settleMs, generationAt(nowMs)]));
    },
    async write({ session, epoch, rev, device, address, standing }) {
      assertFits(standing);
      const { place, details = "", half = "", over = "" } = standing;
      const args = [epoch, rev, deviceBytes(device), address, place, details, half, over, ttlMs];
      const answer = await SCRIPTS.write.run(redis, [keyOf(session)], args);
      assert(answer === "taken" || answer === "lower", "the script of a write answers taken or lower");
      return answer;
    },
    async endHalf(session, chat, epoch) {
      const [answer, address, at] = words(await SCRIPTS.endHalf.run(redis, [keyOf(session)], [chat, epoch, ttlMs]));
      if (answer === "ended") return { answer };
      assert(answer === "refused" && isAddress(address), "a refusal says where the person is");
      return { answer, address, epoch: Number(at) };
    },
    where: async (session, chat) => whereaboutsOf(words(await SCRIPTS.where.run(redis, [keyOf(session)], [chat]))),
    async holderOf(session) {
      const [epoch, device] = words(await SCRIPTS.holder.run(redis, [keyOf(session)], []));
      if (epoch === undefined) return undefined;
      const hash = Buffer.from(device ?? "", "hex")
        .toString("base64url")
        .slice(0, DEVICE_CHARS);
      assert(isDeviceHash(hash), "a record holds a device");
      return { epoch: Number(epoch), device: hash };
    },
    touch: (sessions) => touchAll(redis, sessions, ttlMs),
    async forget(session) {
      await redis.del(keyOf(session));
    },
    async ban(device, untilMs, reason, nowMs) {
      if (untilMs > nowMs) await redis.set(banKey(device), `${untilMs} ${reason}`, "PX", untilMs - nowMs);
      else await redis.del(banKey(device));
    },
    async generations(nowMs) {
      const keys = ALL_PARTITIONS.map(generationKey);
      return Promise.all(keys.map((key) => bornAt(key, nowMs)));
    },
    deskGeneration: (nowMs) => bornAt(DESK_GENERATION_KEY, nowMs),
    async close() {
      redis.disconnect();
    },
  };
}

type Touched = { readonly session: SessionId; readonly epoch: number };

async function touchAll(redis: RegionRedis, sessions: readonly Touched[], ttlMs: number) {
  const batches = new Map<number, Touched[][]>();
  for (const touched of sessions) {
    const partition = partitionOf(touched.session);
    const lists = batches.get(partition) ?? [[]];
    batches.set(partition, lists);
    if (lists.at(-1)?.length === TOUCHED_AT_ONCE_MAX) lists.push([]);
    lists.at(-1)?.push(touched);
  }
  const lower: SessionId[] = [];
  const missing: SessionId[] = [];
  const touchBatch = async (batch: readonly Touched[]): Promise<void> => {
    const keys = batch.map(({ session }) => keyOf(session));
    const letters = String(await SCRIPTS.touch.run(redis, keys, [ttlMs, ...batch.map(({ epoch }) => epoch)]));
    batch.forEach(({ session }, i) => {
      if (letters[i] === "l") lower.push(session);
      if (letters[i] === "m") missing.push(session);
    });
  };
  await Promise.all([...batches.values()].flat().map(touchBatch));
  return { lower, missing };
}

/** A script's answer as words. */
function words(reply: unknown): readonly (string | undefined)[] {
  assert(Array.isArray(reply), "a script of the records answers a list");
  return reply.map((word: unknown) => (typeof word === "string" ? word : undefined));
}

function banOf(kept: string | null, nowMs: number): AdmitAnswer | undefined {
  if (kept === null) return undefined;
  const at = kept.indexOf(" ");
  const leftMs = Number(kept.slice(0, at)) - nowMs;
  return leftMs > 0 ? { answer: "banned", leftMs, reason: kept.slice(at + 1) } : undefined;
}

const isPlace = (word: string | undefined): word is Place =>
  word === "idle" || word === "seeking" || word === "proposed" || word === "chatting";

function admittedOf(reply: unknown): AdmitAnswer {
  const [answer, place, details, half, over, before] = words(reply);
  if (answer === "new" || answer === "stale" || answer === "stranger" || answer === "wait") return { answer };
  const addresses = before?.split(" ").filter(isAddress) ?? [];
  assert(answer === "back" && isPlace(place) && addresses.length > 0, "who comes back stood somewhere before");
  const standing: Standing = {
    place,
    ...(details ? { details } : {}),
    ...(half ? { half } : {}),
    ...(over ? { over } : {}),
  };
  return { answer, standing, before: addresses };
}

function whereaboutsOf([chat, address, epoch]: readonly (string | undefined)[]): Whereabouts {
  assert(chat === "in" || chat === "over" || chat === "unknown", "a chat is in, over or unknown");
  return isAddress(address) ? { chat, address, epoch: Number(epoch) } : { chat };
}
