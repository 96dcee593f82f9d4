import { expect, test } from "vitest";
import * as L from "../limits.ts";
import { CLIENT_FRAMES, PLACES } from "./client-frames.ts";
import { CLOSE_CODES, retryAfterMs, retryAfterReason, returnAdvice } from "./close-codes.ts";
import { decodeClientFrame, decodeServerFrame, encodeFrame, encodeMessage } from "./codec.ts";
import { errorFrame, SERVER_FRAMES } from "./server-frames.ts";
import { ticketIn } from "./version.ts";

const CHAT = "CCCCCCCCCCCCCCCCCCCCCA";
const bytes = (wire: string): number => new TextEncoder().encode(wire).length;
/** As an encoder writes that escapes everything above ASCII (Python's default). */
const ascii = (value: unknown): string =>
  JSON.stringify(value).replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
const text = (said: unknown, more: object = {}): object => ({
  type: "message",
  chat_id: CHAT,
  id: 1,
  text: said,
  ...more,
});
const decode = (value: unknown) => decodeClientFrame(JSON.stringify(value));
const codeOf = (value: unknown): string => {
  const decoded = decode(value);
  return decoded.ok ? "ok" : decoded.code;
};

test("[L1] the longest legal text fits in the largest legal frame, whatever its letters and however they are escaped", () => {
  expect(L.TEXT_POINTS_MAX * L.WIRE_BYTES_PER_POINT_MAX + L.FRAME_OVERHEAD_BYTES_MAX).toBeLessThanOrEqual(
    L.FRAME_BYTES_MAX,
  );
  for (const point of ["\u0001", "\ud800", '"', "\\", "é", "漢", "😀"]) {
    for (const encode of [ascii, JSON.stringify]) {
      const wire = encode(text(point.repeat(L.TEXT_POINTS_MAX), { id: L.TEXT_ID_MAX, received: L.TEXT_ID_MAX }));
      expect(bytes(wire)).toBeLessThanOrEqual(L.FRAME_BYTES_MAX);
      expect(decodeClientFrame(wire).ok).toBe(true);
    }
  }
});

test("[L2] 2,001 code points are refused with the number of the text, 2,000 accepted", () => {
  for (const point of ["a", "é", "😀"]) {
    expect(codeOf(text(point.repeat(2_000)))).toBe("ok");
    expect(decode(text(point.repeat(2_001), { id: 7 }))).toEqual({ ok: false, code: "invalid_message", id: 7 });
  }
  expect(codeOf(text(""))).toBe("invalid_message");
});

test("[L3] a frame above 24,576 bytes is frame_too_large, and the library's own bound lies above that", () => {
  expect(decodeClientFrame(" ".repeat(L.FRAME_BYTES_MAX + 1))).toMatchObject({ ok: false, code: "frame_too_large" });
  expect(L.FRAME_BYTES_CUT).toBeGreaterThan(L.FRAME_BYTES_MAX);
});

test("[L4] waits and windows fit into each other", () => {
  expect(L.OFFER_AGAIN_MS).toBeLessThan(L.OFFER_TAKEN_MS);
  expect(L.OFFER_TAKEN_MS).toBeLessThan(L.OFFER_SILENT_MS);
  expect(L.TIER_ANYONE_MS).toBeLessThan(L.SEEK_MS);
  expect(L.TICKET_OLD_MS).toBeLessThan(L.TICKET_MS);
  expect(L.RECORD_TTL_MS).toBeGreaterThan(2 * L.TOUCH_EVERY_MS);
  expect(L.GRACE_MS).toBeLessThan(L.RECORD_TTL_MS);
  expect(L.CLIENT_SILENT_MS + L.CLIENT_PONG_MS).toBeLessThan(L.SOCKET_SILENT_S * 1_000);
});

test("[F1] what is not a JSON object with a string type is a parse_error, never a throw", () => {
  const wires = [
    "",
    " ",
    "{",
    "null",
    "1",
    '"find_match"',
    "[]",
    '["ping"]',
    "{}",
    '{"type":1}',
    '{"type":null}',
    "\u0000",
    "{'type':'ping'}",
    '{"type":"ping"}x',
  ];
  for (const wire of wires) expect(decodeClientFrame(wire), wire).toEqual({ ok: false, code: "parse_error" });
});

test("[F2] ten thousand nested arrays are an answer, not a crash", () => {
  const deep = "[".repeat(10_000) + "]".repeat(10_000);
  expect(decodeClientFrame(deep).ok).toBe(false);
  expect(decodeClientFrame(`{"type":"find_match","interests":${deep}}`)).toMatchObject({ code: "parse_error" });
  expect(decodeClientFrame(`{"type":"ping","more":${deep}}`).ok).toBe(true);
});

test("[F3] an unknown type is unsupported_type, also when it names a property of every object", () => {
  for (const type of ["nope", "__proto__", "constructor", "toString", "MESSAGE", ""])
    expect(codeOf({ type })).toBe("unsupported_type");
});

test("[F4] wrong field types are a parse_error for every frame that has fields", () => {
  const wrong: readonly object[] = [
    { type: "set_fingerprint" },
    { type: "set_fingerprint", fingerprint: 1 },
    { type: "find_match", interests: "music" },
    { type: "find_match", interests: [1] },
    { type: "find_match", interests: [""] },
    { type: "find_match", interests: ["a\nb"] },
    { type: "find_match", interests: ["x".repeat(33)] },
    { type: "find_match", interests: ["a", "b", "c", "d", "e", "f"] },
    { type: "find_match", languages: ["english"] },
    { type: "find_match", languages: ["en", "de", "fr", "es"] },
    { type: "accept_match" },
    { type: "accept_match", chat_id: 5 },
    text(5),
    text("hi", { id: 0 }),
    text("hi", { id: 1.5 }),
    text("hi", { id: "1" }),
    text("hi", { id: -1 }),
    text("hi", { id: L.TEXT_ID_MAX + 1 }),
    text("hi", { received: -1 }),
    text(undefined),
    text(undefined, { void: "true" }),
    { type: "typing", chat_id: CHAT, is_typing: "yes" },
    { type: "received", chat_id: CHAT, id: null },
    { type: "report", chat_id: CHAT, reason: "boring" },
    { type: "report", chat_id: CHAT, reason: "spam", evidence: "x" },
    { type: "report", chat_id: CHAT, reason: "spam", evidence: ["1", "2", "3", "4", "5", "6"] },
    { type: "report", chat_id: CHAT, reason: "spam", comment: "x".repeat(501) },
  ];
  for (const value of wrong) expect(codeOf(value), JSON.stringify(value)).toBe("parse_error");
});

test("[F5] a chat id that is none is invalid_chat", () => {
  for (const chat_id of ["", "short", "x".repeat(23), `${"C".repeat(21)}!`])
    expect(codeOf({ type: "end_chat", chat_id })).toBe("invalid_chat");
});

test("[F6] a lone surrogate becomes U+FFFD", () => {
  expect(decode(text("a\ud800b"))).toMatchObject({ value: { text: "a\ufffdb" } });
  expect(decode({ type: "find_match", interests: ["x\udfff"] })).toMatchObject({ value: { interests: ["x\ufffd"] } });
});

test("[F7] interests are folded, doubles dropped; none is legal; languages keep their primary tag", () => {
  expect(
    decode({ type: "find_match", interests: [" Music", "MUSIC", "ａｒｔ"], languages: ["pt-BR", "PT"] }),
  ).toMatchObject({
    value: { interests: ["art", "music"], languages: ["pt"] },
  });
  expect(decode({ type: "find_match" })).toMatchObject({ value: { interests: [], languages: [] } });
});

test("[F8] every row names real places, and fields nobody knows are ignored", () => {
  for (const [type, { allowedIn }] of Object.entries(CLIENT_FRAMES)) {
    expect(allowedIn.length, type).toBeGreaterThan(0);
    for (const place of allowedIn) expect(PLACES).toContain(place);
  }
  expect(decode({ type: "ping", nonsense: { a: 1 }, __proto__: 1 }).ok).toBe(true);
});

test("[F9] what a shard sends, a client's decoder reads; a newer server's frame is told apart from a broken one", () => {
  expect(decodeServerFrame(encodeMessage(3, 'say "hi" \u2028', 1_700_000_000, 2))).toEqual({
    ok: true,
    value: { type: "message", from: "partner", id: 3, text: 'say "hi" \u2028', ts: 1_700_000_000, delivered: 2 },
  });
  expect(decodeServerFrame(encodeMessage(3, undefined, 1, undefined))).toMatchObject({ value: { void: true } });
  expect(decodeServerFrame(encodeFrame(errorFrame("out_of_order", 4)))).toMatchObject({
    value: { code: "out_of_order", id: 4 },
  });
  expect(decodeServerFrame('{"type":"confetti"}')).toEqual({ ok: false, code: "unsupported_type" });
  for (const name of Object.keys(SERVER_FRAMES))
    expect(decodeServerFrame(JSON.stringify({ type: name, chat_id: 1, id: {}, ts: "x" })), name).toBeDefined();
  expect(decodeServerFrame('{"type":"delivered","chat_id":"x","id":1}')).toEqual({ ok: false, code: "parse_error" });
});

test("[F10] the hundred of a close code is the advice, also of one we do not know; a pause is read back, bounded", () => {
  expect([4000, 4099, 4100, 4203, 4300, 4399].map(returnAdvice)).toEqual([
    "now",
    "now",
    "after_pause",
    "new_ticket",
    "never",
    "never",
  ]);
  expect([1000, 1006, 1011, 3999, 4500].map(returnAdvice)).toEqual(Array(5).fill("after_pause"));
  expect(retryAfterMs(retryAfterReason(7))).toBe(7_000);
  expect(retryAfterMs("retry_after=999999")).toBe(3_600_000);
  for (const reason of ["", "retry_after=", "retry_after=-1", "retry_after=1e9", "xretry_after=1"])
    expect(retryAfterMs(reason)).toBeUndefined();
  const codes = Object.values(CLOSE_CODES).map(({ code }) => code);
  expect(new Set(codes).size).toBe(codes.length);
});

test("[F11] a ticket is read only beside our own subprotocol", () => {
  expect(ticketIn("whisper.v1, ticket.abc.def.ghi")).toBe("abc.def.ghi");
  expect(ticketIn("ticket.abc,whisper.v1")).toBe("abc");
  for (const header of ["", "whisper.v1", "ticket.abc", "whisper.v2, ticket.abc", "whisper.v1 ticket.abc"])
    expect(ticketIn(header)).toBeUndefined();
});
