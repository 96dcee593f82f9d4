import { newSessionId } from "@whisper/shared/base/ids";
import { systemRandom } from "@whisper/shared/base/random";
import type { Stranger } from "./stranger.ts";

/** Has two who were just let in find each other by a rare interest and accept; gives the chat's id. */
export async function meet(a: Stranger, b: Stranger): Promise<string> {
  for (const one of [a, b]) await one.next("session_created");
  return pair(a, b);
}

/** The same for two who have been greeted. */
export async function pair(a: Stranger, b: Stranger): Promise<string> {
  const interests = [newSessionId(systemRandom)];
  let chat = "";
  for (const one of [a, b]) one.say({ type: "find_match", interests });
  for (const one of [a, b]) {
    chat = String((await one.next("match_found")).chat_id);
    one.say({ type: "accept_match", chat_id: chat });
  }
  for (const one of [a, b]) await one.next("match_accepted");
  return chat;
}
