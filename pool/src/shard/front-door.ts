import type { Clock } from "@whisper/shared/base/clock";
import { TLS_LOOK_MS } from "@whisper/shared/limits";
import type { Log } from "../ports.ts";
import { Renewal } from "../runtime/renewal.ts";
import { requireCertificate } from "../runtime/tls-files.ts";
import type { Entry } from "./entry.ts";
import { type Door, type ListenOptions, listen } from "./listener.ts";

/**
 * Listens for sockets; with TLS it takes up renewed certificates until `stop`. Throws when the port is taken, and a
 * `SettingsFault` when the certificate cannot be served.
 */
export function openFrontDoor(
  options: ListenOptions & { readonly tlsLookMs?: number },
  door: Door,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): { readonly entry: Entry; stop(): void } {
  const { tls, tlsLookMs: everyMs = TLS_LOOK_MS } = options;
  if (tls === undefined) return { entry: listen(options, door), stop: () => {} };
  const served = requireCertificate(tls, clock.nowMs());
  const entry = listen(options, door);
  const renew = (): void => entry.renew();
  return { entry, stop: new Renewal({ files: tls, served, log, nowMs: clock.nowMs, renew, everyMs }).start() };
}
