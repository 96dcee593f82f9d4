import { decodeClientFrame, encodeMessage } from "@whisper/shared/protocol/codec";
import { expect, test } from "vitest";
import { newTalker, nextTextFrame, Talk, type Talker, textIdIn } from "./talk.ts";
import { benchTexts, TEXT_CHARS } from "./texts.ts";

const CHAT = "c".repeat(22);

function unmasked(frame: Buffer): string {
  const head = ((frame[1] as number) & 0x7f) === 126 ? 4 : 2;
  const mask = frame.subarray(head, head + 4);
  return Buffer.from(frame.subarray(head + 4).map((byte, i) => byte ^ (mask[i & 3] as number))).toString("utf8");
}

/** Somebody whose frames are kept. */
function listener(): { talker: Talker; wrote: string[] } {
  const wrote: string[] = [];
  return { wrote, talker: newTalker({ write: (frame) => void wrote.push(unmasked(frame)) }, CHAT) };
}

const give = (talk: Talk, talker: Talker, wire: string): void => {
  const bytes = Buffer.from(`xx${wire}yy`);
  talk.heard(talker, bytes, 2, bytes.length - 2);
};
const text = (id: number): string => encodeMessage(id, "hello", 1, undefined);

test("every text of the bench has 64 characters, and no two are the same", () => {
  const texts = benchTexts(200);
  expect(texts.filter((one) => one.length !== TEXT_CHARS)).toEqual([]);
  expect(new Set(texts).size).toBe(200);
});

test("the shard's own decoder reads each frame: numbers rise by one, whatever their width", () => {
  const { talker } = listener();
  for (let id = 1; id <= 1_200; id++) {
    const decoded = decodeClientFrame(unmasked(nextTextFrame(talker)));
    expect(decoded).toMatchObject({ ok: true, value: { type: "message", chat_id: CHAT, id } });
  }
});

test.each([
  [text(1), 1],
  [text(1_234_567), 1_234_567],
  [`{"type":"message","chat_id":"${CHAT}","id":9,"text":"x"}`, 9],
  ['{"type":"message","void":true}', 0],
  ['{"type":"match_found","id":7}', 0],
  ['{"type":"moving","id":7}', 0],
  ['{"type":"delivered","id":7}', 0],
  ["{}", 0],
  ["", 0],
])("the number in %s is %d", (wire, id) => {
  const bytes = Buffer.from(`{"id":5${wire}"id":6`);
  expect(textIdIn(bytes, 7, 7 + Buffer.byteLength(wire))).toBe(id);
});

test("a text in order is answered with the next; one that comes twice or leaves a gap is counted", () => {
  const { talker, wrote } = listener();
  const talk = new Talk([talker], () => 0);
  talk.start(false);
  for (const id of [1, 2, 2, 5, 4]) give(talk, talker, text(id));
  talk.stop();
  expect(talk.counts).toMatchObject({ delivered: 3, doubled: 2, lost: 2, unexpected: 0, receipts: 0 });
  expect(wrote).toHaveLength(4);
});

test("who has 8 texts unanswered answers at once, with the highest", () => {
  const { talker, wrote } = listener();
  const talk = new Talk([talker], () => 0);
  talk.start(true);
  for (let id = 1; id <= 17; id++) give(talk, talker, text(id));
  talk.stop();
  const receipts = wrote.filter((wire) => wire.startsWith('{"type":"received"'));
  expect(receipts.map((wire) => JSON.parse(wire).id)).toEqual([8, 16]);
  expect(decodeClientFrame(receipts[0] ?? "").ok).toBe(true);
  expect(talk.counts.receipts).toBe(2);
});

test("a refusal, a void or a stranger's frame is odd, and named; a receipt is not", () => {
  const { talker } = listener();
  const talk = new Talk([talker], () => 0);
  for (const wire of ['{"type":"delivered","chat_id":"c","id":1}', '{"type":"received","chat_id":"c","id":1}'])
    give(talk, talker, wire);
  expect([talk.counts.confirmed, talk.counts.unexpected]).toEqual([2, 0]);
  give(talk, talker, '{"type":"rate_limited","retry_after":1,"id":3}');
  give(talk, talker, '{"type":"error","code":"message_blocked"}');
  give(talk, talker, "nonsense");
  expect([talk.counts.unexpected, talk.oddType]).toEqual([3, "rate_limited"]);
});
