import { createHash } from "node:crypto";
import type { DeskSettings } from "../../matcher/desk-settings.ts";
import { DESK_DUE_KEY } from "./keys.ts";
import { mastersOf, type RegionRedis } from "./redis-connection.ts";
import { luaOf } from "./redis-script.ts";

/** What each function of the desk's library runs; all answer the letters as JSON. */
const VERBS = {
  seek: "onSeek() return answer()",
  cancel: "onCancel() return answer()",
  aside: "onAside() return answer()",
  offer_answer: "onOfferAnswer() return answer()",
  accept: "onAccept() return answer()",
  decline: "onDecline() return answer()",
  paired_taken: "onPairedTaken() return answer()",
  regain: "onRegain() return answer()",
  count: "onCount() return answer()",
  list_end: "onListEnd() return answer()",
  never: "avoidUntil(memo.lane, memo.a, memo.b, now + memo.forMs) return answer()",
  // The first letter tells whether there was anything to do.
  due_item: "return (onDue(memo.item) and '1' or '0') .. answer()",
  peek: "return peek(memo.most)",
} as const;
export type DeskVerb = keyof typeof VERBS;

/** One idea a file, in the order in which they need each other. */
const FILES = ["desk-store", "desk-waiting", "desk-proposals", "desk-lists", "desk-seekers", "desk-due"] as const;

export type DeskFunctions = {
  /** Runs one verb as one atomic change; the server is sent the library when it does not know it (yet, or any more). */
  call(redis: RegionRedis, verb: DeskVerb, memo: object, nowMs: number, chat: string): Promise<string>;
};

/**
 * A desk's library of Redis functions, its settings written into it. A function is compiled once, where a script
 * builds all of its functions anew at each call: that was half of what a memo cost. Another text is another library,
 * so that two releases may run side by side. Needs Redis 7.
 */
export function deskFunctions(settings: DeskSettings): DeskFunctions {
  const lua = `local SETTINGS = ${tableOf(settings)}\n${luaOf(...FILES)}`;
  const sha = createHash("sha1").update(lua).update(JSON.stringify(VERBS)).digest("hex").slice(0, 16);
  const nameOf = (verb: string): string => `desk_${sha}_${verb}`;
  const registered = Object.entries(VERBS).map(
    ([verb, body]) => `redis.register_function('${nameOf(verb)}', function(keys, args) begin(args) ${body} end)`,
  );
  const library = `#!lua name=desk_${sha}\n${lua}\n${registered.join("\n")}\n`;
  return {
    async call(redis, verb, memo, nowMs, chat) {
      const run = () => redis.fcall(nameOf(verb), 1, DESK_DUE_KEY, JSON.stringify(memo), nowMs, chat);
      try {
        return String(await run());
      } catch (error) {
        if (!(error instanceof Error && error.message.startsWith("ERR Function not found"))) throw error;
        // Which master has the slot just now only the next call finds out, so that all of them are told.
        const told = mastersOf(redis).map((master) => master.function("LOAD", "REPLACE", library));
        await Promise.allSettled(told);
        return String(await run());
      }
    },
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
