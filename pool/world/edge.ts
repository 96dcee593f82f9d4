import { join } from "node:path";
import type { Secret } from "@whisper/shared/base/secret";
import { readyLine } from "./ready-line.ts";
import { type Child, startChild, WorldFault } from "./servers/child.ts";

export type EdgeOptions = {
  readonly root: string;
  /** 0: any. */
  readonly port: number;
  readonly assets: string;
  readonly upstash: { readonly url: string; readonly token: string };
  readonly signingKeys: Secret<string>;
  readonly networkKey: Secret<string>;
  readonly env: Readonly<Record<string, string>>;
  readonly onStderr: (piece: string) => void;
};

/** So high that loopback, where everybody shares one address, never meets a meter. */
const NEVER_MET = "999999999";
const READY_MS = 60_000;

/** The Worker on workerd. */
export type Edge = { readonly url: string; readonly port: number; readonly child: Child };

/** Starts the Worker; resolves when it answers requests. */
export async function startEdge(options: EdgeOptions): Promise<Edge> {
  const { root, port, upstash } = options;
  const child = await startChild({
    name: "the edge",
    programs: [process.execPath],
    args: [join(root, "edge/serve.ts")],
    missing: "this Node cannot be started again",
    cwd: root,
    holdStdin: true,
    onStderr: options.onStderr,
    env: {
      ...options.env,
      WHISPER_EDGE_PORT: String(port),
      WHISPER_ASSETS: options.assets,
      WHISPER_ENV: "development",
      WHISPER_SIGNING_KEYS: options.signingKeys.reveal(),
      WHISPER_SIGNING_LEAD_MS: "0",
      WHISPER_NETWORK_KEY: options.networkKey.reveal(),
      WHISPER_UPSTASH_URL: upstash.url,
      WHISPER_UPSTASH_TOKEN: upstash.token,
      WHISPER_ORIGINS: port === 0 ? "" : `http://127.0.0.1:${port},http://localhost:${port}`,
      WHISPER_GEO_OVERRIDE: "1",
      WHISPER_CONNECTS_PER_MIN: NEVER_MET,
      WHISPER_DEVICES_PER_MIN: NEVER_MET,
    },
  });
  const ready = await readyLine(child, READY_MS);
  const url = typeof ready?.ready === "string" ? ready.ready : undefined;
  if (url === undefined) {
    await child.kill();
    throw new WorldFault(`the edge did not start; it said:\n${child.output().trim()}`);
  }
  return { url, port: Number(new URL(url).port), child };
}
