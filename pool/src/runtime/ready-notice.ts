import { execFile } from "node:child_process";
import type { Log } from "../ports.ts";

const NOTICE_MS_MAX = 5_000;

/**
 * Tells systemd that this service serves, or is stopping (sd_notify(3)); without `socket` (NOTIFY_SOCKET) nobody asked.
 * Node cannot send to a datagram socket itself, so systemd's own program does, and the unit needs `NotifyAccess=all`.
 * Never rejects: a notice that cannot be given is logged.
 */
export function tellSystemd(
  state: "READY=1" | "STOPPING=1",
  { socket, path = "", log }: { readonly socket?: string | undefined; readonly path?: string; readonly log: Log },
): Promise<void> {
  if (socket === undefined || socket === "") return Promise.resolve();
  const options = { timeout: NOTICE_MS_MAX, env: { NOTIFY_SOCKET: socket, PATH: path } };
  return new Promise((resolve) => {
    execFile("systemd-notify", ["--no-block", state], options, (error) => {
      if (error !== null) log.warn("ready_notice_failed");
      resolve();
    });
  });
}
