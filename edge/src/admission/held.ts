import { deviceClaimsOf, sessionClaimsOf } from "@whisper/shared/credentials/claims";
import { deviceHashOf } from "@whisper/shared/credentials/device-hash";
import { openJwt } from "@whisper/shared/credentials/jwt";
import type { LaterVerifier } from "@whisper/shared/credentials/verify";
import type { Held } from "./admit.ts";

/** Longer than any token we sign. */
const TOKEN_CHARS_MAX = 1_024;

type Timed = { readonly exp: number };

/** A token's claims if we signed it and its time is not over; `expired` if only time is wrong, `bad` for all else. */
export async function claimsIn<C extends Timed>(
  token: string,
  claimsOf: (raw: unknown) => C | undefined,
  keys: LaterVerifier,
  nowMs: number,
): Promise<C | "expired" | "bad"> {
  const opened = openJwt(token, TOKEN_CHARS_MAX);
  if (!opened.ok) return "bad";
  const claims = claimsOf(opened.value.payload); // before the signature: a shape is cheaper to refuse
  if (claims === undefined || (await keys.verify(opened.value)) !== true) return "bad";
  return claims.exp * 1_000 > nowMs ? claims : "expired";
}

/**
 * What a caller's two tokens are worth. A token that is worth nothing is as good as none: they come as somebody new.
 */
export async function heldBy(
  tokens: { readonly session?: string | undefined; readonly device?: string | undefined },
  keys: LaterVerifier,
  nowMs: number,
): Promise<Held> {
  const device = tokens.device === undefined ? "bad" : await claimsIn(tokens.device, deviceClaimsOf, keys, nowMs);
  if (typeof device === "string") return { device: undefined, session: undefined };
  const hash = await deviceHashOf(device.sub);
  const session = tokens.session === undefined ? "bad" : await claimsIn(tokens.session, sessionClaimsOf, keys, nowMs);
  return { device: { claims: device, hash }, session: typeof session === "string" ? undefined : session };
}
