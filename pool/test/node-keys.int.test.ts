import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RegionName } from "@whisper/shared/base/ids";
import { systemRandom } from "@whisper/shared/base/random";
import { type OpenedJwt, openJwt, signJwt } from "@whisper/shared/credentials/jwt";
import { generateSigningKey, publicHalf, type SigningJwk } from "@whisper/shared/credentials/signing-keys";
import { afterEach, beforeEach, expect, test } from "vitest";
import { NodeKeys, nodeSigner } from "../src/adapters/node-keys.ts";
import { until } from "./support/until.ts";

const CLAIMS = {
  typ: "ticket",
  sub: "A".repeat(22),
  home: "eu-west",
  dev: "B".repeat(11),
  net: "n",
  lane: "live",
  aud: ["eu-west/p1"],
  ep: 4,
  iat: 1,
  exp: 31,
};

let server: Server;
let folder: string;
let answer: { status: number; body: string };
let asked: number;
const open: NodeKeys[] = [];

beforeEach(async () => {
  asked = 0;
  folder = await mkdtemp(join(tmpdir(), "whisper-keys-"));
  server = createServer((_, response) => {
    asked++;
    if (answer.status === 0) response.destroy();
    else response.writeHead(answer.status, { location: "/elsewhere" }).end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(async () => {
  for (const keys of open.splice(0)) await keys.stop();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

const jwksOf = (...keys: readonly object[]): string => JSON.stringify({ keys });
const openedWith = async (key: SigningJwk, claims: object = CLAIMS): Promise<OpenedJwt> => {
  const opened = openJwt(await signJwt(claims, nodeSigner(key)), 1_024);
  if (!opened.ok) throw new TypeError("a good token");
  return opened.value;
};
function keysOf(regions: readonly RegionName[] = []) {
  const clock = { ms: 1_000_000, nowMs: () => clock.ms };
  const { port } = server.address() as AddressInfo;
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const cachePath = join(folder, "deep", "jwks.json");
  const keys = new NodeKeys({ url: `http://127.0.0.1:${port}/jwks`, cachePath, regions, clock, log });
  open.push(keys);
  return { keys, clock, cachePath };
}
const key = await generateSigningKey(0, systemRandom);
const later = await generateSigningKey(1, systemRandom);

test("[T4] what the edge's key signed holds; a changed byte, or another key under its name, does not", async () => {
  answer = { status: 200, body: jwksOf(publicHalf(key)) };
  const { keys } = keysOf();
  await keys.start();
  const good = await openedWith(key);
  expect([keys.knows(key.kid), keys.verify(good)]).toEqual([true, true]);
  expect(keys.verify({ ...good, signed: Uint8Array.from(good.signed, (byte, i) => (i === 9 ? byte ^ 1 : byte)) })).toBe(
    false,
  );
  expect(keys.verify({ ...good, signature: new Uint8Array(64) })).toBe(false);
  expect(keys.verify(await openedWith({ ...later, kid: key.kid }))).toBe(false);
  expect(keys.verify(await openedWith(later))).toBe("unknown_kid");
});

test("[T5] keys are asked for each minute; for an unknown one at once, then at most each half minute, however many come", async () => {
  answer = { status: 200, body: jwksOf(publicHalf(key)) };
  const { keys, clock } = keysOf();
  await keys.start();
  clock.ms += 59_999;
  await keys.tick();
  expect(asked).toBe(1);
  clock.ms += 1;
  await keys.tick();
  expect(asked).toBe(2);
  answer = { status: 200, body: jwksOf(publicHalf(key), publicHalf(later)) };
  const unknown = await openedWith(later);
  for (let i = 0; i < 50; i++) expect(keys.verify(unknown)).toBe("unknown_kid");
  await until("it was asked for at once", () => keys.verify(unknown) === true);
  expect([asked, keys.verify(await openedWith(key))]).toEqual([3, true]);
  const nobodys = { ...unknown, kid: "nobody" };
  for (let i = 0; i < 50; i++) expect(keys.verify(nobodys)).toBe("unknown_kid");
  clock.ms += 29_999;
  await keys.tick();
  expect(asked).toBe(3);
  clock.ms += 1;
  await until("it is asked again", async () => {
    await keys.tick();
    return asked === 4;
  });
});

test("[Q8] until a region's hand-over key is published it is asked for after 1, 2, 4 s, and then no more than others", async () => {
  const handover = { ...publicHalf(later), kid: "eu-west-abcdefg", use: "handover" };
  answer = { status: 200, body: jwksOf(publicHalf(key)) };
  const { keys, clock } = keysOf(["eu-west" as RegionName]);
  await keys.start();
  expect([keys.handsOver, keys.size]).toEqual([false, 1]);
  const askedAt: number[] = [];
  for (let second = 1; second <= 7; second++) {
    const before = asked;
    clock.ms += 1_000;
    await keys.tick();
    if (asked > before) askedAt.push(second);
  }
  expect(askedAt).toEqual([1, 2, 4]);
  // Another region's key, and one of ours that only looks like a clerk's, are not what is wanted.
  answer = {
    status: 200,
    body: jwksOf(publicHalf(key), { ...handover, kid: "eu-west-2-abcdefg" }, { ...handover, use: "sig" }),
  };
  clock.ms += 1_000;
  await keys.tick();
  expect(keys.handsOver).toBe(false);
  answer = { status: 200, body: jwksOf(publicHalf(key), handover) };
  clock.ms += 8_000;
  await keys.tick();
  expect(keys.handsOver).toBe(true);
  const before = asked;
  clock.ms += 59_999;
  await keys.tick();
  expect(asked).toBe(before);
});

test("[T5] a key that the edge no longer publishes stops being good", async () => {
  answer = { status: 200, body: jwksOf(publicHalf(key), publicHalf(later)) };
  const { keys, clock } = keysOf();
  await keys.start();
  answer = { status: 200, body: jwksOf(publicHalf(later)) };
  clock.ms += 60_000;
  await keys.tick();
  expect(keys.verify(await openedWith(key))).toBe("unknown_kid");
});

test.for([
  { why: "cut", status: 0, body: "" },
  { why: "500", status: 500, body: "{}" },
  { why: "a page", status: 200, body: "<html>" },
  { why: "no keys", status: 200, body: '{"keys":[]}' },
  { why: "too long", status: 200, body: jwksOf({ padding: "x".repeat(70_000) }, publicHalf(later)) },
  { why: "a redirect", status: 302, body: "" },
])("[T5] an edge that answers $why takes no key away", async (bad) => {
  answer = { status: 200, body: jwksOf(publicHalf(key)) };
  const { keys, clock, cachePath } = keysOf();
  await keys.start();
  answer = bad;
  clock.ms += 60_000;
  await keys.tick();
  expect(asked).toBe(2);
  expect(keys.verify(await openedWith(key))).toBe(true);
  expect(await readFile(cachePath, "utf8")).toBe(jwksOf(publicHalf(key)));
});

test("[T5] while the edge is away it is asked after 1, 2, 4 … 30 s, and its return is seen", async () => {
  answer = { status: 500, body: "" };
  const { keys, clock } = keysOf();
  await keys.start();
  const at: number[] = [];
  for (let second = 1; second <= 100; second++) {
    clock.ms += 1_000;
    const before = asked;
    await keys.tick();
    if (asked > before) at.push(second);
  }
  expect(at).toEqual([1, 3, 7, 15, 31, 61, 91]);
  answer = { status: 200, body: jwksOf(publicHalf(key)) };
  clock.ms += 30_000;
  await keys.tick();
  expect(keys.verify(await openedWith(key))).toBe(true);
});

test("[T5] a pool that starts while the edge is away works on the keys from its disk", async () => {
  answer = { status: 200, body: jwksOf(publicHalf(key)) };
  await keysOf().keys.start();
  answer = { status: 0, body: "" };
  const { keys } = keysOf();
  await keys.start();
  expect(keys.verify(await openedWith(key))).toBe(true);
  expect(await readdir(join(folder, "deep"))).toEqual(["jwks.json"]);
});

test("[T5] a spoilt file on disk is no fault", async () => {
  answer = { status: 200, body: jwksOf(publicHalf(key)) };
  const { keys, cachePath } = keysOf();
  await keys.start();
  for (const spoilt of ["", "{", '{"keys":7}']) {
    await writeFile(cachePath, spoilt);
    const other = keysOf();
    await other.keys.start();
    expect(other.keys.verify(await openedWith(key))).toBe(true);
  }
});

test("[T8] a clerk's key passes people on; it mints nobody, erases nobody, and signs no other kind", async () => {
  answer = { status: 200, body: jwksOf({ ...publicHalf(key), use: "handover" }) };
  const { keys } = keysOf();
  await keys.start();
  expect(keys.verify(await openedWith(key))).toBe(true);
  for (const claims of [{ ...CLAIMS, new: true }, { ...CLAIMS, scope: "forget" }, { typ: "session" }])
    expect(keys.verify(await openedWith(key, claims))).toBe(false);
});

test("[T7] a retired key cannot be made to sign", async () => {
  const { d: _, ...retired } = key;
  expect(() => nodeSigner(retired)).toThrow(TypeError);
});
