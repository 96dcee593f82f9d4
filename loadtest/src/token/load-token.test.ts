import { fromBase64Url } from "@whisper/shared/base/base64url";
import { systemRandom } from "@whisper/shared/base/random";
import { loadPassClaimsOf } from "@whisper/shared/credentials/claims";
import { openJwt } from "@whisper/shared/credentials/jwt";
import { generateSigningKey, parseSigningKeys, type SigningJwk } from "@whisper/shared/credentials/signing-keys";
import { expect, test } from "vitest";
import { UsageFault } from "../plan/usage-fault.ts";
import { claimsFor, newKeys, signedPass } from "./load-token.ts";

const NOW_MS = 1_800_000_000_000;
const WISH = { region: "eu-west", sessions: "10k", hours: "2" };
const claims = claimsFor(WISH, NOW_MS);

async function isSignedBy(pass: string, keys: readonly SigningJwk[]): Promise<boolean> {
  const opened = openJwt(pass, 2_048);
  if (!opened.ok) throw new Error("no token");
  const key = keys.find(({ kid }) => kid === opened.value.kid);
  const x = key && fromBase64Url(key.x);
  if (x === undefined) return false;
  const imported = await crypto.subtle.importKey("raw", x, "Ed25519", false, ["verify"]);
  return crypto.subtle.verify("Ed25519", imported, new Uint8Array(opened.value.signature), opened.value.signed);
}

test("[Y12] a pass says what was asked, in the form that the edge reads, signed by the edge's key", async () => {
  const keys = [await generateSigningKey(0, systemRandom), await generateSigningKey(NOW_MS - 1_000, systemRandom)];
  const pass = await signedPass(claims, JSON.stringify(keys), NOW_MS);
  const opened = openJwt(pass, 2_048);
  expect(opened.ok && loadPassClaimsOf(opened.value.payload)).toEqual({
    typ: "load",
    region: "eu-west",
    sessions: 10_000,
    iat: NOW_MS / 1_000,
    exp: NOW_MS / 1_000 + 7_200,
  });
  expect(await isSignedBy(pass, keys)).toBe(true);
  expect(opened.ok && opened.value.kid, "the key that is published long enough").toBe(keys[0]?.kid);
});

test("[Y12] new keys are keys that the edge takes, and never the same twice", async () => {
  const [one, two] = [await newKeys(NOW_MS, systemRandom), await newKeys(NOW_MS, systemRandom)];
  expect(parseSigningKeys(one)).toHaveLength(1);
  expect(one).not.toBe(two);
  expect(await isSignedBy(await signedPass(claims, one, NOW_MS), parseSigningKeys(one) ?? [])).toBe(true);
  expect(await isSignedBy(await signedPass(claims, two, NOW_MS), parseSigningKeys(one) ?? [])).toBe(false);
});

test.each([
  [{ ...WISH, region: undefined }, "say where: --region eu-west"],
  [{ ...WISH, region: "EU" }, "is no region's name"],
  [{ ...WISH, sessions: undefined }, "--sessions 10000"],
  [{ ...WISH, sessions: "0" }, "from 1 to"],
  [{ ...WISH, sessions: "-1" }, "from 1 to"],
  [{ ...WISH, sessions: "all" }, "from 1 to"],
  [{ ...WISH, hours: undefined }, "--hours 1"],
  [{ ...WISH, hours: "0" }, "from 1 to 168"],
  [{ ...WISH, hours: "1000" }, "from 1 to 168"],
  [{ ...WISH, hours: "1.5" }, "from 1 to 168"],
])("[Y1] a pass for %j is refused", (wish, says) => {
  expect(() => claimsFor(wish, NOW_MS)).toThrow(UsageFault);
  expect(() => claimsFor(wish, NOW_MS)).toThrow(says);
});

test("[Y12] keys that are none are refused, and no error quotes them", async () => {
  const good = await generateSigningKey(0, systemRandom);
  const { d, ...retired } = good;
  const wrong = [
    undefined,
    "",
    "x",
    "[]",
    "{}",
    JSON.stringify(good),
    JSON.stringify([retired]),
    JSON.stringify([good, good]),
  ];
  for (const keys of wrong) {
    const fault = await signedPass(claims, keys, NOW_MS).catch((error: unknown) => error);
    expect(fault).toBeInstanceOf(UsageFault);
    expect(String(fault)).toContain("WHISPER_SIGNING_KEYS");
    expect(String(fault)).not.toContain(good.x);
    expect(String(fault)).not.toContain(d ?? "");
  }
});
