import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { startChild, WorldFault } from "./servers/child.ts";

/** What the page is made from; when none of it is newer than the page, the page is as it should be. */
const SOURCES = ["edge/web", "shared/src", "package-lock.json"];

function newestMs(path: string): number {
  const { mtimeMs } = statSync(path);
  if (!statSync(path).isDirectory()) return mtimeMs;
  return readdirSync(path, { withFileTypes: true })
    .filter(({ name }) => name !== "node_modules")
    .reduce((newest, { name }) => Math.max(newest, newestMs(join(path, name))), mtimeMs);
}

/** Whether the built page in `dist` is there and newer than all of its sources under `root`. */
export function isPageFresh(root: string, dist: string): boolean {
  const page = join(dist, "index.html");
  if (!existsSync(page)) return false;
  const builtMs = statSync(page).mtimeMs;
  return SOURCES.every((source) => !existsSync(join(root, source)) || newestMs(join(root, source)) <= builtMs);
}

/** Builds the page unless it is fresh; resolves with its folder. */
export async function buildPage(root: string, env: Readonly<Record<string, string>>): Promise<string> {
  const dist = join(root, "edge/dist/web");
  if (isPageFresh(root, dist)) return dist;
  const vite = await startChild({
    name: "vite",
    programs: [process.execPath],
    args: [join(root, "node_modules/vite/bin/vite.js"), "build", "--config", join(root, "edge/web/vite.config.ts")],
    missing: "this Node cannot be started again",
    cwd: root,
    env,
  });
  await vite.gone;
  if (vite.process.exitCode !== 0) throw new WorldFault(`the page could not be built:\n${vite.output().trim()}`);
  return dist;
}
