import { expect, test } from "vitest";
import { systemRandom } from "../base/random.ts";
import { parseJwks, refetchDue } from "./key-ring.ts";
import { generateSigningKey, parseSigningKeys, publicHalf, type SigningJwk, signingKeyAt } from "./signing-keys.ts";

const key = await generateSigningKey(1_000, systemRandom);
const at = (notBefore: number, more: Partial<SigningJwk> = {}): SigningJwk => ({
  ...key,
  kid: `k${notBefore}`,
  notBefore,
  ...more,
});
const { d: _, ...publicOnly } = key;

test("[T6] the newest key that was published for the lead signs; before that the one before; at a first start the oldest", () => {
  const keys = [at(100), at(300), at(200)];
  for (const [nowMs, kid] of [
    [1_000, "k300"],
    [1_299, "k200"],
    [1_200, "k200"],
    [1_199, "k100"],
    [0, "k100"],
  ] as const)
    expect(signingKeyAt(keys, nowMs, nowMs === 1_000 ? 700 : 1_000)?.kid).toBe(kid);
});

test("[T7] a retired key signs nothing, however new", () => {
  const retired: SigningJwk = { ...publicOnly, kid: "old", notBefore: 900 };
  expect(signingKeyAt([retired, at(100)], 10_000, 0)?.kid).toBe("k100");
  expect(signingKeyAt([retired], 10_000, 0)).toBeUndefined();
});

test("[T7] a public half holds nothing of the private one, and is what pools read", () => {
  const half = publicHalf(key);
  expect(Object.keys(half).sort()).toEqual(["crv", "kid", "kty", "use", "x"]);
  expect(parseJwks({ keys: [half] })).toEqual([half]);
});

test("[T6] a list of keys is read whole or not at all", () => {
  expect(parseSigningKeys(JSON.stringify([key, { ...publicOnly, kid: "old" }]))).toHaveLength(2);
  for (const list of [
    [],
    [publicOnly],
    [key, key],
    [key, { ...key, kid: "b", x: "short" }],
    [key, null],
    [{ ...key, kid: "" }],
    { keys: [key] },
  ])
    expect(parseSigningKeys(JSON.stringify(list))).toBeUndefined();
  for (const text of ["", "{", "null", "7"]) expect(parseSigningKeys(text)).toBeUndefined();
  expect(parseSigningKeys(JSON.stringify(Array.from({ length: 17 }, (_, i) => at(i))))).toBeUndefined();
});

test("[T5] what is no key is skipped, what is no document is none", () => {
  const half = publicHalf(key);
  for (const odd of [
    { ...half, kty: "EC" },
    { ...half, crv: "X25519" },
    { ...half, use: "enc" },
    { ...half, x: `${half.x}A` },
    { ...half, kid: "a b" },
    null,
    7,
  ])
    expect(parseJwks({ keys: [odd, half] })).toEqual([half]);
  for (const raw of [null, undefined, 7, [], {}, { keys: {} }, { keys: Array.from({ length: 33 }, () => half) }])
    expect(parseJwks(raw)).toBeUndefined();
});

test("[T5] keys are due every minute, for an unknown key at once, and for the next after half a minute", () => {
  const never = { fetchedMs: 0, unknownMs: Number.NEGATIVE_INFINITY };
  expect([refetchDue(never, 59_999, false), refetchDue(never, 60_000, false)]).toEqual([false, true]);
  expect([refetchDue(never, 0, false), refetchDue(never, 0, true)]).toEqual([false, true]);
  const lately = { fetchedMs: 0, unknownMs: 0 };
  expect([refetchDue(lately, 29_999, true), refetchDue(lately, 30_000, true)]).toEqual([false, true]);
});
