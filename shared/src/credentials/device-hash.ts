import { toBase64Url } from "../base/base64url.ts";
import type { DeviceHash } from "../base/ids.ts";

const utf8 = new TextEncoder();

/** What everybody but its holder sees of a device: the first 64 bits of SHA-256 over its id, as 11 letters. */
export async function deviceHashOf(deviceId: string): Promise<DeviceHash> {
  const digest = await crypto.subtle.digest("SHA-256", utf8.encode(deviceId));
  return toBase64Url(new Uint8Array(digest, 0, 8)) as DeviceHash;
}
