import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { systemClock } from "@whisper/shared/base/clock";
import { build, type Plugin } from "esbuild";
import { WorldFault } from "./servers/child.ts";

const KEPT_MS = 86_400_000;

/** Files that stand beside a source (Lua scripts) are found from where the source is, not from where the bundle is. */
const ownPlace: Plugin = {
  name: "own-place",
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      const contents = source
        .replaceAll("import.meta.dirname", JSON.stringify(dirname(path)))
        .replaceAll("import.meta.url", JSON.stringify(`file://${path}`));
      return { contents, loader: "ts" };
    });
  },
};

/**
 * One plain file of `entry` and all of our sources it needs, in `node_modules/.cache`; resolves with its path, which
 * begins with `name` and is another one for other sources. Packages
 * stay where they are. A process that loads 60 TypeScript files keeps 45 MB for it, of one plain file 12 (DESIGN §10).
 */
export async function bundle(root: string, entry: string, name: string): Promise<string> {
  const { dependencies = {} } = JSON.parse(await readFile(join(root, "pool/package.json"), "utf8")) as {
    readonly dependencies?: Readonly<Record<string, string>>;
  };
  const built = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node22",
    external: Object.keys(dependencies).filter((dependency) => dependency !== "@whisper/shared"),
    plugins: [ownPlace],
    write: false,
    logLevel: "silent",
  }).catch((error: unknown) => {
    throw new WorldFault(`the pool's sources could not be bundled: ${error instanceof Error ? error.message : ""}`);
  });
  const contents = built.outputFiles[0]?.contents ?? new Uint8Array();
  const cache = join(root, "node_modules/.cache/whisper");
  // Named by what is in it: a shard that is started again runs what its siblings run, whatever was bundled meanwhile.
  const file = join(cache, `${name}-${createHash("sha256").update(contents).digest("hex").slice(0, 16)}.mjs`);
  await mkdir(cache, { recursive: true });
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, contents);
  await rename(draft, file); // whole or not at all: another world may start at the same moment
  await sweep(cache, `${name}-`);
  return file;
}

/** Removes bundles that nobody has asked for since a day. */
async function sweep(cache: string, prefix: string): Promise<void> {
  for (const name of await readdir(cache)) {
    if (!name.startsWith(prefix)) continue;
    const found = await stat(join(cache, name)).catch(() => undefined); // another world sweeps as well
    if (found !== undefined && systemClock.nowMs() - found.mtimeMs > KEPT_MS)
      await rm(join(cache, name), { force: true });
  }
}
