import { type Address, newSessionId } from "@whisper/shared/base/ids";
import { systemRandom } from "@whisper/shared/base/random";
import { expect, test } from "vitest";
import { Forwards } from "./forwards.ts";

const [THERE, ELSEWHERE] = ["eu-west.p2.0.a" as Address, "eu-west.p3.0.b" as Address];
const [ONE, OTHER] = [newSessionId(systemRandom), newSessionId(systemRandom)];

test("[Q16] memos go after who went, to where they went last, for ten seconds", () => {
  const forwards = new Forwards();
  expect(forwards.of(ONE)).toBeUndefined();
  forwards.went(ONE, THERE, 0);
  forwards.went(OTHER, THERE, 5_000);
  forwards.went(ONE, ELSEWHERE, 6_000);
  forwards.turn(14_999);
  expect([forwards.of(ONE), forwards.of(OTHER)]).toEqual([ELSEWHERE, THERE]);
  forwards.turn(15_000);
  expect([forwards.of(ONE), forwards.of(OTHER)]).toEqual([ELSEWHERE, undefined]);
  forwards.turn(16_000);
  expect(forwards.of(ONE)).toBeUndefined();
});

test("[Q16] who has come back is here, whatever was known before", () => {
  const forwards = new Forwards();
  forwards.went(ONE, THERE, 0);
  forwards.came(ONE);
  expect(forwards.of(ONE)).toBeUndefined();
});
