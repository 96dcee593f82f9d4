/** What a text of a chaos run says: which chat it was written in, by whom, and its number there. */
export type Marks = { readonly chat: number; readonly sender: number; readonly no: number };

/** Few enough digits that no filter takes a text for a telephone number. */
const CHAT_MARKS = 1_000_000;
const TEXT = /^in (\d{1,6}) seat (\d{1,6}) says (\d{1,9})$/;

/** A number of up to six digits for a chat id: two chats share one about once in a million. */
export function markOf(chat: string): number {
  let hash = 0x81_1c_9d_c5; // FNV-1a
  for (const letter of chat) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01_00_01_93) >>> 0;
  return hash % CHAT_MARKS;
}

/** The words of a text. */
export const numberedText = ({ chat, sender, no }: Marks): string => `in ${chat} seat ${sender} says ${no}`;

/** Reads them back; `undefined` for what no seat of this run wrote. */
export function marksIn(text: string): Marks | undefined {
  const found = TEXT.exec(text);
  return found === null ? undefined : { chat: Number(found[1]), sender: Number(found[2]), no: Number(found[3]) };
}
