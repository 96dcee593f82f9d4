import { createHash, randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { mkdir, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "@whisper/shared/base/clock";
import { startChild, WorldFault } from "./servers/child.ts";

/** What the page is made from. */
const SOURCES = ["edge/web", "shared/src", "package-lock.json"];
const KEPT_MS = 86_400_000;

const isSource = (name: string): boolean => name !== "node_modules" && name !== "test" && !name.includes(".test.");

function filesUnder(path: string): readonly string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .filter(isSource)
    .sort()
    .flatMap((name) => filesUnder(join(path, name)));
}

/**
 * The folder, in `node_modules/.cache`, of the page that these sources make. Other sources make another page, so that a
 * build takes nothing away from a world that runs.
 */
export function pageFolder(root: string): string {
  const hash = createHash("sha256");
  for (const source of SOURCES.filter((one) => existsSync(join(root, one))))
    for (const file of filesUnder(join(root, source)))
      hash
        .update(`${file.slice(root.length)}\0`)
        .update(readFileSync(file))
        .update("\0");
  return join(root, "node_modules/.cache/whisper", `page-${hash.digest("hex").slice(0, 16)}`);
}

/** Builds the page unless it is there; resolves with its folder. */
export async function buildPage(root: string, env: Readonly<Record<string, string>>): Promise<string> {
  const folder = pageFolder(root);
  if (existsSync(folder)) {
    const now = systemClock.nowMs() / 1_000;
    await utimes(folder, now, now);
    return folder;
  }
  const draft = `${folder}.${randomBytes(6).toString("hex")}`;
  await mkdir(join(folder, ".."), { recursive: true });
  const vite = await startChild({
    name: "vite",
    programs: [process.execPath],
    args: [
      join(root, "node_modules/vite/bin/vite.js"),
      "build",
      ...["--config", join(root, "edge/web/vite.config.ts")],
      ...["--outDir", draft, "--emptyOutDir"],
    ],
    missing: "this Node cannot be started again",
    cwd: root,
    env,
  });
  await vite.gone;
  if (vite.process.exitCode !== 0) throw new WorldFault(`the page could not be built:\n${vite.output().trim()}`);
  await putInPlace(draft, folder);
  await sweep(join(folder, ".."));
  return folder;
}

/** Whole or not at all: another world may have built the same page at the same moment, and serve it already. */
async function putInPlace(draft: string, folder: string): Promise<void> {
  try {
    await rename(draft, folder);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
}

/** Removes pages that nobody has asked for since a day. */
async function sweep(cache: string): Promise<void> {
  for (const name of await readdir(cache)) {
    if (!name.startsWith("page-")) continue;
    const found = await stat(join(cache, name)).catch(() => undefined); // another world sweeps as well
    if (found !== undefined && systemClock.nowMs() - found.mtimeMs > KEPT_MS)
      await rm(join(cache, name), { recursive: true, force: true });
  }
}
