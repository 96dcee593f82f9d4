import type { DeskSettings } from "../../matcher/desk-settings.ts";
import { luaOf, type RedisScript, scriptOf } from "./redis-script.ts";

/** What each script does with the desk's Lua; all answer the letters as JSON. Arguments: memo as JSON, now, a fresh chat id. */
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
export type DeskScripts = {
  readonly verbs: Readonly<Record<DeskVerb, RedisScript>>;
  /** What is due and when the next moment comes, without changing anything. Arguments: most, now. */
  readonly peek: RedisScript;
};

const PEEK = `
local items = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[2], 'LIMIT', 0, ARGV[1])
local next = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
return cjson.encode({ next[2] or '', unpack(items) })`;

/** The scripts of one desk, its settings written into them; one idea a Lua file, in the order in which they need each other. */
export function deskScripts(settings: DeskSettings): DeskScripts {
  const lua = luaOf("desk-store", "desk-waiting", "desk-proposals", "desk-lists", "desk-seekers", "desk-due");
  const of = (verb: DeskVerb): RedisScript =>
    scriptOf(`local SETTINGS = ${tableOf(settings)}\n${lua}\n${VERBS[verb]}\n`);
  return {
    verbs: {
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
    },
    peek: scriptOf(PEEK),
  };
}

/** Settings as a Lua table: numbers, booleans, lists of numbers, and a name of letters, digits and dashes. */
function tableOf(settings: DeskSettings): string {
  const fields = Object.entries(settings).map(([name, value]) => {
    const text = Array.isArray(value) ? `{ ${value.join(", ")} }` : JSON.stringify(value);
    return `${name} = ${text}`;
  });
  return `{ ${fields.join(", ")} }`;
}
