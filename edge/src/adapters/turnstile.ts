import type { TurnstileConfig } from "../config.ts";
import type { Challenge, Log } from "../ports.ts";

/** What the page's widget is told to ask for; a proof for anything else does not hold. */
const TURNSTILE_ACTION = "connect";
const VERIFY_MS_MAX = 3_000;
const ANSWER_CHARS_MAX = 2_048;

/**
 * Cloudflare Turnstile, checked on the server (siteverify): success, our action, one of our host names. A proof is
 * good once; siteverify itself refuses a second use. Anything unclear, slow or broken does not hold.
 */
export function openTurnstile(config: TurnstileConfig, log: Log): Challenge {
  return {
    sitekey: config.sitekey,
    action: TURNSTILE_ACTION,
    async holds(answer, remoteIp) {
      if (answer === "" || answer.length > ANSWER_CHARS_MAX) return false;
      const form = new URLSearchParams({ secret: config.secret.reveal(), response: answer });
      if (remoteIp !== undefined) form.set("remoteip", remoteIp);
      try {
        const said = await fetch(config.verifyUrl, {
          method: "POST",
          body: form,
          redirect: "manual",
          signal: AbortSignal.timeout(VERIFY_MS_MAX),
        });
        return said.ok && isOurs(await said.json(), config.hostnames);
      } catch {
        log.warn("challenge_away");
        return false;
      }
    },
  };
}

function isOurs(said: unknown, hostnames: readonly string[]): boolean {
  if (typeof said !== "object" || said === null) return false;
  const { success, action, hostname } = said as { success?: unknown; action?: unknown; hostname?: unknown };
  return (
    success === true && action === TURNSTILE_ACTION && typeof hostname === "string" && hostnames.includes(hostname)
  );
}
