import { mkdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { readEdgeConfig } from "./src/config.ts";

/**
 * Runs the Worker on workerd on this machine: `node edge/serve.ts`. Every `WHISPER_*` name of the environment becomes
 * a setting of the Worker, but for the two that are ours: `WHISPER_EDGE_PORT` (8787, 0 for any) and `WHISPER_ASSETS`
 * (the built page's directory). Prints one JSON line, `{"ready":"http://127.0.0.1:8787"}`. Ends, and leaves no workerd
 * behind, on SIGTERM, SIGINT, or when its standard input closes (its parent is gone).
 */
const here = dirname(fileURLToPath(import.meta.url));
const OURS = ["WHISPER_EDGE_PORT", "WHISPER_ASSETS"];
const STOP_MS_MAX = 5_000;

function leave(words: readonly string[]): never {
  process.stderr.write(`${words.join("\n")}\n`);
  process.exit(1);
}

const settings: Record<string, string> = { WHISPER_ENV: "development" };
for (const [name, value] of Object.entries(process.env))
  if (value !== undefined && name.startsWith("WHISPER_") && !OURS.includes(name)) settings[name] = value;
const config = readEdgeConfig(settings);
if (!config.ok) leave(config.code);

const port = Number(process.env.WHISPER_EDGE_PORT ?? "8787");
if (!Number.isInteger(port) || port < 0 || port > 65_535) leave(["WHISPER_EDGE_PORT: a port, 0 for any"]);
const assets = resolve(process.env.WHISPER_ASSETS ?? join(here, "dist", "web"));
mkdirSync(assets, { recursive: true }); // a page that is not built yet answers not_found; wrangler wants a directory

// Read by wrangler when it is loaded, so before the import below. It would ask Cloudflare for a sample of `request.cf`.
process.env.CLOUDFLARE_CF_FETCH_ENABLED = "false";
process.env.WRANGLER_SEND_METRICS = "false";
process.env.WRANGLER_LOG = "error";
const { unstable_startWorker } = await import("wrangler");

const worker = await unstable_startWorker({
  config: join(here, "wrangler.local.jsonc"),
  entrypoint: join(here, "src", "worker.ts"),
  sendMetrics: false,
  assets,
  bindings: Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, { type: "plain_text", value }])),
  dev: { server: { hostname: "127.0.0.1", port }, inspector: false, watch: false, persist: false, logLevel: "error" },
});
await worker.ready;

let stopping = false;
const stop = async (): Promise<void> => {
  if (stopping) return;
  stopping = true;
  setTimeout(() => process.exit(1), STOP_MS_MAX).unref();
  await worker.dispose();
  process.exit(0);
};
// miniflare's own handlers end the process with 143 before the port is given back; ours stop it and end with 0.
process.removeAllListeners("SIGTERM").removeAllListeners("SIGINT");
process.once("SIGTERM", () => void stop());
process.once("SIGINT", () => void stop());
process.stdin.once("end", () => void stop());
process.stdin.once("error", () => void stop());
process.stdin.resume();

process.stdout.write(`${JSON.stringify({ ready: (await worker.url).origin })}\n`);
