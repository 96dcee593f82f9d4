import { expect, test } from "vitest";
import { fromBase64Url } from "../base/base64url.ts";
import { isDeviceHash } from "../base/ids.ts";
import { deviceHashOf } from "./device-hash.ts";

test("a device's hash is eight bytes, which a shard keeps as two words", async () => {
  for (let i = 0; i < 64; i++) {
    const hash = await deviceHashOf(`device ${i}`);
    expect(isDeviceHash(hash)).toBe(true);
    expect(fromBase64Url(hash)?.length).toBe(8);
  }
});

test("it depends on all of the id", async () => {
  expect(await deviceHashOf("a")).not.toBe(await deviceHashOf("a "));
  expect(await deviceHashOf("")).toBe(await deviceHashOf(""));
});
