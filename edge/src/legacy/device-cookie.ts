import { DEVICE_TOKEN_MS } from "@whisper/shared/limits";

const NAME = "whisper_device";
const CHARS_MAX = 2_048;

/** The device token in a `Cookie` header (RFC 6265 §5.4), or `undefined`; whether it is ours is for the keys to say. */
export function deviceIn(header: string | null): string | undefined {
  for (const part of (header ?? "").split(";")) {
    const at = part.indexOf("=");
    if (at < 0 || part.slice(0, at).trim() !== NAME) continue;
    const value = part.slice(at + 1).trim();
    return /^[A-Za-z0-9_.-]+$/.test(value) && value.length <= CHARS_MAX ? value : undefined;
  }
  return undefined;
}

/**
 * The `Set-Cookie` that keeps a device token where no script of the page can read it; `Secure` unless the edge itself
 * is plain HTTP.
 */
export function deviceCookie(token: string, isSecure: boolean): string {
  const lifeS = Math.floor(DEVICE_TOKEN_MS / 1_000);
  return `${NAME}=${token}; Path=/ws; Max-Age=${lifeS}; HttpOnly; SameSite=Lax${isSecure ? "; Secure" : ""}`;
}
