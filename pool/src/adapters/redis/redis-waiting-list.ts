import { newChatId } from "@whisper/shared/base/ids";
import type { Random } from "@whisper/shared/base/random";
import type { DeskSettings } from "../../matcher/desk-settings.ts";
import { wantedOf } from "../../matcher/wanted.ts";
import type { Letter, WaitingList } from "../../ports.ts";
import { type DeskVerb, deskFunctions } from "./desk-functions.ts";
import { deskWaitingKey } from "./keys.ts";
import { connectRedis } from "./redis-connection.ts";

/**
 * A waiting list in a region's Redis; every change is one call of a function. Rejects when Redis cannot be reached at
 * the start, and each call rejects while it is away: nothing is queued here.
 */
export async function openRedisWaitingList(
  url: string,
  settings: DeskSettings,
  random: Random,
  onFault: (error: Error) => void,
): Promise<WaitingList> {
  const redis = await connectRedis(url, onFault);
  const functions = deskFunctions(settings);
  const run = (verb: DeskVerb, memo: object, nowMs: number): Promise<string> =>
    functions.call(redis, verb, memo, nowMs, newChatId(random));
  const peek = async (nowMs: number, most: number) => dueOf(await functions.call(redis, "peek", { most }, nowMs, ""));
  const verb =
    (name: DeskVerb) =>
    async (memo: object, nowMs: number): Promise<readonly Letter[]> =>
      lettersOf(await run(name, memo, nowMs));
  const seek = verb("seek");

  return {
    seek: (memo, nowMs) => seek({ ...memo, ...wantedOf(memo) }, nowMs),
    cancel: verb("cancel"),
    setAside: verb("aside"),
    offerAnswer: verb("offer_answer"),
    accept: verb("accept"),
    decline: verb("decline"),
    regain: verb("regain"),
    count: verb("count"),
    listEnd: verb("list_end"),
    pairedTaken: async (memo, nowMs) => void (await run("paired_taken", memo, nowMs)),
    never: async (memo, nowMs) => void (await run("never", memo, nowMs)),
    async due(nowMs, most) {
      const before = await peek(nowMs, most);
      if (before.items.length === 0) return { letters: [], done: 0, nextMs: before.nextMs };
      // One call an item: each is atomic and short, and they leave in one turn of the loop.
      const replies = await Promise.all(before.items.map((item) => run("due_item", { item }, nowMs)));
      const after = await peek(nowMs, 0);
      return {
        letters: replies.flatMap((reply) => lettersOf(reply.slice(1))),
        done: replies.filter((reply) => reply.startsWith("1")).length,
        nextMs: after.nextMs,
      };
    },
    size: (lane) => redis.zcard(deskWaitingKey(lane)),
    async close() {
      redis.disconnect();
    },
  };
}

/** What Lua leaves out: absent fields, and a list that is empty. */
const BLANKS = {
  regained: { joinedMs: undefined, waitedMs: undefined, chat: undefined, sharedInterests: [], leftMs: undefined },
  offer: { sharedInterests: [] },
  paired: { sharedInterests: [] },
};
const blanksOf = (kind: string): object =>
  kind === "regained" || kind === "offer" || kind === "paired" ? BLANKS[kind] : {};

/** Our own function's answer, as letters. */
function lettersOf(reply: string): readonly Letter[] {
  const raw = JSON.parse(reply) as readonly Letter[];
  return raw.map(({ to, memo }) => ({ to, memo: { ...blanksOf(memo.kind), ...memo } }));
}

function dueOf(reply: string): { readonly items: readonly string[]; readonly nextMs: number | undefined } {
  const [next, ...items] = JSON.parse(reply) as readonly [string, ...string[]];
  return { items, nextMs: next === "" ? undefined : Number(next) };
}
