import { systemRandom } from "@whisper/shared/base/random";
import { openJwt } from "@whisper/shared/credentials/jwt";
import { parseJwks } from "@whisper/shared/credentials/key-ring";
import { generateSigningKey, publicHalf, type SigningJwk } from "@whisper/shared/credentials/signing-keys";
import { expect, test } from "vitest";
import { WebKeys } from "../src/adapters/web-keys.ts";
import { type EdgeUnderTest, openEdge, START_MS } from "./support/edge.ts";

const LEAD_MS = 600_000;
const keyAt = (notBefore: number): Promise<SigningJwk> => generateSigningKey(notBefore, systemRandom);
const published = async (edge: EdgeUnderTest) =>
  (await (await edge.ask("/.well-known/jwks.json")).json()) as { keys: object[] };
const kidOf = (token: string): string => {
  const opened = openJwt(token, 1_024);
  return opened.ok ? opened.value.kid : "none";
};

test("[T6] a new key is published at once, signs ten minutes later, and the old one's tokens stay good", async () => {
  const [old, young] = [await keyAt(START_MS - LEAD_MS), await keyAt(START_MS)];
  const edge = await openEdge({ keys: [young, old] });
  expect(parseJwks(await published(edge))?.map(({ kid }) => kid)).toEqual([young.kid, old.kid]);
  const first = await edge.admitted();
  edge.clock.ms = START_MS + LEAD_MS - 1;
  expect([kidOf(first.ticket), kidOf((await edge.admitted()).ticket)]).toEqual([old.kid, old.kid]);
  edge.clock.ms = START_MS + LEAD_MS;
  const later = await edge.admitted({ session: first.session, device: first.device });
  expect(kidOf(later.ticket)).toBe(young.kid);
  expect(later.session_id).toBe(first.session_id);
});

test("[T6] a deployment's very first key signs at once", async () => {
  const edge = await openEdge({ keys: [await keyAt(START_MS)] });
  expect((await edge.connect()).status).toBe(200);
});

test("[T7] only public halves leave, of keys that may stand under a ticket; a retired key still knows its devices", async () => {
  const old = await keyAt(0);
  const before = await openEdge({ keys: [old] });
  const first = await before.admitted();
  const { d: _, ...retired } = old;
  const edge = await openEdge({ keys: [retired, await keyAt(1)] });
  const jwks = await published(edge);
  expect(jwks.keys).toHaveLength(1);
  expect(JSON.stringify(jwks)).not.toMatch(/"d"|notBefore/);
  expect(JSON.stringify(jwks)).not.toContain(old.kid);
  expect((await edge.admitted({ device: first.device })).device).toBe(first.device);
});

test("[T7] clerks' keys stand beside ours with use handover; none may take our name or come under another field", async () => {
  const [ours, clerk, liar] = [await keyAt(0), await keyAt(0), await keyAt(0)];
  const edge = await openEdge({ keys: [ours] });
  const handover = (key: SigningJwk, more: object = {}) =>
    JSON.stringify({ ...publicHalf(key), use: "handover", ...more });
  await edge.publish([{ region: "eu-west", pool: "p1" }], {
    [`jwk:${clerk.kid}`]: handover(clerk),
    [`jwk:${ours.kid}`]: handover(liar, { kid: ours.kid }),
    "jwk:other": handover(liar),
    [`jwk:${liar.kid}`]: JSON.stringify(publicHalf(liar)),
    "jwk:": "{",
  });
  const keys = parseJwks(await published(edge));
  expect(keys?.map(({ kid, use }) => [kid, use])).toEqual([
    [ours.kid, "sig"],
    [clerk.kid, "handover"],
  ]);
});

test("[T7] keys are told also while the directory is away", async () => {
  const edge = await openEdge();
  await edge.control({ mode: "down" });
  await caches.default.delete("https://directory.whisper.invalid/listing");
  expect((await published(edge)).keys).toHaveLength(1);
});

test("[T3] the edge believes its own keys alone, over exactly the bytes that were signed", async () => {
  const key = await keyAt(0);
  const keys = new WebKeys([key], LEAD_MS);
  const { ticket } = await (await openEdge({ keys: [key] })).admitted();
  const opened = openJwt(ticket, 1_024);
  if (!opened.ok) throw new TypeError("no token");
  expect(await keys.verify(opened.value)).toBe(true);
  const signed = Uint8Array.from(opened.value.signed, (byte, at) => (at === 9 ? byte ^ 1 : byte));
  expect(await keys.verify({ ...opened.value, signed })).toBe(false);
  expect(await new WebKeys([await keyAt(0)], 0).verify(opened.value)).toBe("unknown_kid");
  expect(await new WebKeys([{ ...(await keyAt(0)), kid: key.kid }], 0).verify(opened.value)).toBe(false);
});
