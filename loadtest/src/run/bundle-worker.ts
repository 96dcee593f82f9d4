import { createHash } from "node:crypto";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { ROOT } from "../bench/processes.ts";

/**
 * One plain file of a worker (or of whatever begins at `entry`) and all that it needs, in `node_modules/.cache`;
 * resolves with its path. A process that loads many TypeScript files keeps 45 MB for it, of one plain file 12 (DESIGN
 * §10).
 */
export async function bundleWorker(entry = "loadtest/src/worker.ts"): Promise<string> {
  const built = await build({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node22",
    external: ["hdr-histogram-js", "ws"],
    write: false,
    logLevel: "silent",
  });
  const contents = built.outputFiles[0]?.contents ?? new Uint8Array();
  const cache = join(ROOT, "node_modules/.cache/whisper");
  // Named by what is in it, so that another run with other sources takes nothing from under this one.
  const file = join(cache, `load-worker-${createHash("sha256").update(contents).digest("hex").slice(0, 16)}.mjs`);
  await mkdir(cache, { recursive: true });
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, contents);
  await rename(draft, file); // whole or not at all: another run may start at the same moment
  return file;
}
