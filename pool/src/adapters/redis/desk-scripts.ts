import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Redis } from "ioredis";
import type { DeskSettings } from "../../matcher/desk-settings.ts";

/** A Lua script that Redis runs as one atomic change; sent whole only to a server that does not know it yet. */
export type Script = { run(redis: Redis, memo: string, nowMs: number, chat: string): Promise<string> };

/** Parts of the desk's Lua, in the order in which they need each other; one idea a file. */
const PARTS = ["desk-store", "desk-waiting", "desk-proposals", "desk-lists", "desk-seekers", "desk-due"] as const;
const ROUTING_KEY = "{match}:due";

/** What each script does with the parts; all answer the letters as JSON. */
const VERBS = {
  seek: "onSeek() return answer()",
  cancel: "onCancel() return answer()",
  aside: "onAside() return answer()",
  offerAnswer: "onOfferAnswer() return answer()",
  accept: "onAccept() return answer()",
  decline: "onDecline() return answer()",
  pairedTaken: "onPairedTaken() return answer()",
  regain: "onRegain() return answer()",
  count: "onCount() return answer()",
  listEnd: "onListEnd() return answer()",
  never: "avoidUntil(memo.lane, memo.a, memo.b, now + memo.forMs) return answer()",
  // The first letter tells whether there was anything to do.
  dueItem: "return (onDue(memo.item) and '1' or '0') .. answer()",
} as const;
export type DeskVerb = keyof typeof VERBS;

/** What is due and when the next moment comes, without changing anything. */
const PEEK = `
local items = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[2], 'LIMIT', 0, ARGV[1])
local next = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
return cjson.encode({ next[2] or '', unpack(items) })`;

/** The scripts of one desk, its settings written into them. */
export function deskScripts(settings: DeskSettings): Readonly<Record<DeskVerb, Script>> & { readonly peek: Script } {
  const parts = PARTS.map((part) => readFileSync(new URL(`./${part}.lua`, import.meta.url), "utf8"));
  const shared = [`local SETTINGS = ${luaOf(settings)}`, ...parts].join("\n");
  const of = (verb: DeskVerb): Script => scriptOf(`${shared}\n${VERBS[verb]}\n`);
  return {
    seek: of("seek"),
    cancel: of("cancel"),
    aside: of("aside"),
    offerAnswer: of("offerAnswer"),
    accept: of("accept"),
    decline: of("decline"),
    pairedTaken: of("pairedTaken"),
    regain: of("regain"),
    count: of("count"),
    listEnd: of("listEnd"),
    never: of("never"),
    dueItem: of("dueItem"),
    peek: scriptOf(PEEK),
  };
}

/** Settings as a Lua table: numbers, booleans, lists of numbers, and names of letters, digits and dashes. */
function luaOf(settings: DeskSettings): string {
  const fields = Object.entries(settings).map(([name, value]) => {
    const text = Array.isArray(value) ? `{ ${value.join(", ")} }` : JSON.stringify(value);
    return `${name} = ${text}`;
  });
  return `{ ${fields.join(", ")} }`;
}

function scriptOf(source: string): Script {
  const sha = createHash("sha1").update(source).digest("hex");
  return {
    async run(redis, memo, nowMs, chat) {
      try {
        return String(await redis.evalsha(sha, 1, ROUTING_KEY, memo, nowMs, chat));
      } catch (error) {
        if (!(error instanceof Error && error.message.startsWith("NOSCRIPT"))) throw error;
        return String(await redis.eval(source, 1, ROUTING_KEY, memo, nowMs, chat));
      }
    },
  };
}
