import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { build, type Plugin } from "esbuild";
import { WorldFault } from "./servers/child.ts";

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
 * One plain file of `entry` and all of our sources it needs, in `node_modules/.cache`; resolves with its path. Packages
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
  const file = join(root, "node_modules/.cache/whisper", name);
  await mkdir(dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, built.outputFiles[0]?.contents ?? "");
  await rename(draft, file); // whole or not at all: another world may start at the same moment
  return file;
}
