import { CLIENT_FRAMES } from "@whisper/shared/protocol/client-frames";
import { CHAT, OTHER_CHAT } from "./person.ts";

/** A generator of 32-bit numbers from a seed (mulberry32), so that a failing run can be run again. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  };
}

const TYPES = Object.keys(CLIENT_FRAMES);
const FIELDS = [
  "type",
  "chat_id",
  "id",
  "text",
  "received",
  "void",
  "interests",
  "languages",
  "is_typing",
  "reason",
  "comment",
  "evidence",
  "fingerprint",
  "__proto__",
];
const VALUES: readonly unknown[] = [
  CHAT,
  OTHER_CHAT,
  "",
  "hello",
  "forbidden",
  "x".repeat(2_001),
  "\ud800",
  "😀".repeat(100),
  0,
  1,
  2,
  3,
  -1,
  1.5,
  1e308,
  16_777_215,
  16_777_216,
  true,
  false,
  null,
  [],
  {},
  [[[]]],
  ["music"],
  ["a", "b", "c", "d", "e", "f"],
  { toString: 1 },
  "spam",
  "en",
  ["en", "pt-BR"],
  ["\u0000"],
];

/** A frame's wire text: legal, nearly legal, or noise. */
export function hostileFrame(random: () => number): string {
  const pick = <T>(from: readonly T[]): T => from[random() % from.length] as T;
  const fields: Record<string, unknown> = { type: pick(TYPES), chat_id: CHAT, id: (random() % 8) + 1, text: "hello" };
  if (random() % 2 === 0)
    Object.assign(fields, { is_typing: true, reason: "spam", interests: ["music"], fingerprint: "f" });
  for (let changes = random() % 4; changes > 0; changes--) {
    const name = pick(FIELDS);
    if (random() % 3 === 0) delete fields[name];
    else fields[name] = pick(VALUES);
  }
  let wire = JSON.stringify(fields);
  for (let cuts = random() % 8 === 0 ? random() % 4 : 0; cuts > 0; cuts--) {
    const at = random() % (wire.length + 1);
    const how = random() % 3;
    if (how === 0) wire = wire.slice(0, at);
    else if (how === 1) wire = wire.slice(0, at) + String.fromCharCode(random() % 0x10000) + wire.slice(at);
    else wire = wire.slice(0, at) + wire.slice(random() % (wire.length + 1));
  }
  return wire;
}
