import type { Secret } from "@whisper/shared/base/secret";
import type { Directory } from "../../ports.ts";
import { type Commands, hashDirectory } from "../hash-directory.ts";

export type UpstashPlace = {
  readonly url: string;
  readonly token: Secret<string>;
  /** A write that takes longer is old: the next round writes anew. 1.5 s if not given. */
  readonly answerMs?: number;
};

const ANSWER_MS = 1_500;
const ANSWER_CHARS_MAX = 8_388_608;

/**
 * The directory over Upstash's REST protocol. Every call rejects while it is away; no error carries the token or what
 * it said.
 */
export function openUpstashDirectory({ url, token, answerMs = ANSWER_MS }: UpstashPlace): Directory {
  const endpoint = new URL("/pipeline", url).href;
  const commands: Commands = async (list) => {
    const answer = await fetch(endpoint, {
      method: "POST",
      headers: { authorization: `Bearer ${token.reveal()}`, "content-type": "application/json" },
      body: JSON.stringify(list),
      signal: AbortSignal.timeout(answerMs),
      redirect: "error",
    });
    const text = await answer.text();
    if (!answer.ok) throw new TypeError(`the directory answers ${answer.status}`);
    if (text.length > ANSWER_CHARS_MAX) throw new TypeError("the directory answers too much");
    const entries: unknown = JSON.parse(text);
    if (!Array.isArray(entries) || entries.length !== list.length) throw new TypeError("the directory answers oddly");
    return entries.map(resultOf);
  };
  return hashDirectory(commands, async () => undefined);
}

function resultOf(entry: unknown): unknown {
  if (typeof entry !== "object" || entry === null || !("result" in entry))
    throw new TypeError("the directory refused a command");
  return entry.result;
}
