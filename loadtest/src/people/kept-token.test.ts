import * as fc from "fast-check";
import { expect, test } from "vitest";
import { kept, tokenOf } from "./kept-token.ts";

const part = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString("base64url"));

test("a token is given back letter by letter, and takes less", () => {
  const header = Buffer.from('{"alg":"EdDSA","kid":"k1"}').toString("base64url");
  fc.assert(
    fc.property(part, part, (payload, signature) => {
      const token = `${header}.${payload}.${signature}`;
      expect(tokenOf(kept(token))).toBe(token);
      expect(kept(token).length).toBeLessThan(token.length);
    }),
  );
});

test("whatever is no token is given back as well", () => {
  for (const odd of ["", ".", "..", "...", "a.b", "a.b.c.d", "ä.ö.ü", "e30.e31=.x", "a.bb!.cc", "x".repeat(100_000)])
    expect(tokenOf(kept(odd))).toBe(odd);
  fc.assert(
    fc.property(fc.string(), (odd) => {
      expect(tokenOf(kept(odd))).toBe(odd);
    }),
  );
});

test("more headers than are kept take their place in the token itself", () => {
  for (let i = 0; i < 400; i++) {
    const token = `header${i}.e30.c2ln`;
    expect(tokenOf(kept(token))).toBe(token);
  }
});
