import { newChatId } from "@whisper/shared/base/ids";
import type { Random } from "@whisper/shared/base/random";
import type { DeskSettings } from "../../matcher/desk-settings.ts";
import { wantedOf } from "../../matcher/wanted.ts";
import type { Letter, WaitingList } from "../../ports.ts";
import { type DeskVerb, deskScripts } from "./desk-scripts.ts";
import { DESK_DUE_KEY, deskWaitingKey } from "./keys.ts";
import { connectRedis } from "./redis-connection.ts";

/**
 * A waiting list in a region's Redis; every change is one script. Rejects when Redis cannot be reached at the start, and each
 * call rejects while it is away: nothing is queued here.
 */
export async function openRedisWaitingList(
  url: string,
  settings: DeskSettings,
  random: Random,
  onFault: (error: Error) => void,
): Promise<WaitingList> {
  const redis = await connectRedis(url, onFault);
  const { verbs, peek } = deskScripts(settings);
  const run = async (verb: DeskVerb, memo: object, nowMs: number): Promise<string> =>
    String(await verbs[verb].run(redis, [DESK_DUE_KEY], [JSON.stringify(memo), nowMs, newChatId(random)]));
  const dueNow = async (nowMs: number, most: number) =>
    dueOf(String(await peek.run(redis, [DESK_DUE_KEY], [most, nowMs])));
  const verb =
    (name: DeskVerb) =>
    async (memo: object, nowMs: number): Promise<readonly Letter[]> =>
      lettersOf(await run(name, memo, nowMs));
  const seek = verb("seek");

  return {
    seek: (memo, nowMs) => seek({ ...memo, ...wantedOf(memo) }, nowMs),
    cancel: verb("cancel"),
    setAside: verb("aside"),
    offerAnswer: verb("offerAnswer"),
    accept: verb("accept"),
    decline: verb("decline"),
    regain: verb("regain"),
    count: verb("count"),
    listEnd: verb("listEnd"),
    pairedTaken: async (memo, nowMs) => void (await run("pairedTaken", memo, nowMs)),
    never: async (memo, nowMs) => void (await run("never", memo, nowMs)),
    async due(nowMs, most) {
      const before = await dueNow(nowMs, most);
      if (before.items.length === 0) return { letters: [], done: 0, nextMs: before.nextMs };
      // One script an item: each is atomic and short, and they leave in one turn of the loop.
      const replies = await Promise.all(before.items.map((item) => run("dueItem", { item }, nowMs)));
      const after = await dueNow(nowMs, 0);
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

/** Our own script's answer, as letters. */
function lettersOf(reply: string): readonly Letter[] {
  const raw = JSON.parse(reply) as readonly Letter[];
  return raw.map(({ to, memo }) => ({ to, memo: { ...blanksOf(memo.kind), ...memo } }));
}

function dueOf(reply: string): { readonly items: readonly string[]; readonly nextMs: number | undefined } {
  const [next, ...items] = JSON.parse(reply) as readonly [string, ...string[]];
  return { items, nextMs: next === "" ? undefined : Number(next) };
}
