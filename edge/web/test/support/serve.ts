import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import config from "../../vite.config.ts";

const KINDS: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};

/** Stricter than the Worker's own, so what runs here runs there. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'none'";

export type Served = { readonly url: string; readonly stop: () => Promise<void> };

/** Builds the page with the scripted client into a temporary folder and serves it on loopback to `online` people. */
export async function serveScripted(online: number): Promise<Served> {
  const folder = await mkdtemp(join(tmpdir(), "whisper-page-"));
  const root = fileURLToPath(new URL("../driver", import.meta.url));
  await build({
    ...config,
    configFile: false,
    root,
    publicDir: fileURLToPath(new URL("../../public", import.meta.url)),
    logLevel: "error",
    build: { ...config.build, outDir: folder },
  });
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://x").pathname;
    if (path === "/v1/online") {
      response.setHeader("content-type", "application/json");
      return void response.end(JSON.stringify({ count: online, regions: {} }));
    }
    const file = path === "/" ? "/index.html" : path;
    readFile(join(folder, file)).then(
      (bytes) => {
        response.setHeader("content-type", KINDS[extname(file)] ?? "application/octet-stream");
        response.setHeader("content-security-policy", POLICY);
        response.end(bytes);
      },
      () => response.writeHead(404).end(),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
      await rm(folder, { recursive: true });
    },
  };
}
