import { posix } from "node:path";
import { type Fault, isTest, isTypeScript, type SourceFile } from "./tree.ts";

/** Who may import whom. A workspace that is not in a row is forbidden to it. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  shared: [],
  edge: ["shared"],
  pool: ["shared"],
  loadtest: ["shared"],
  ".ci": ["shared", "pool"],
};

type Layer = { readonly of: RegExp; readonly may: RegExp; readonly why: string };

/** Inside a workspace: main → role → step, roles → ports ← adapters. The first row that fits counts; tests are free. */
const LAYERS: readonly Layer[] = [
  { of: /^shared\/src\/(?:limits|errors)\.ts$/, may: /^$/, why: "limits and errors stand on nothing" },
  { of: /^shared\/src\/base\//, may: /^shared\/src\/(?:base\/|limits)/, why: "base knows no other part" },
  { of: /^shared\/src\/client\//, may: /^shared\/src\//, why: "" },
  { of: /^shared\/src\//, may: /^shared\/src\/(?!client\/)/, why: "nobody but a client needs the client" },
  {
    of: /^pool\/src\/shard\/(?:step[a-z-]*|event|session|standing|meter)\.ts$/,
    may: /^pool\/src\/(?:ports|shard\/(?:step[a-z-]*|event|session|standing|meter))\.ts$/,
    why: "step knows nothing of the world",
  },
  { of: /^pool\/src\/content\//, may: /^pool\/src\/content\//, why: "what a text may say needs no other part" },
  { of: /^pool\/src\/runtime\//, may: /^pool\/src\/(?:runtime\/|ports\.ts)/, why: "the runtime serves any role" },
  {
    of: /^pool\/src\/adapters\//,
    may: /^pool\/src\/(?:adapters\/|runtime\/|matcher\/|clerk\/|ports\.ts)/,
    why: "an adapter obeys a port; of matcher and clerk it knows the rules that it puts into a store",
  },
  { of: /^pool\/src\/ports\.ts$/, may: /^$/, why: "ports are written in the roles' own words" },
  { of: /^pool\/src\/(?:main|cli)\.ts$/, may: /^pool\/src\//, why: "" },
  { of: /^pool\/src\/[a-z-]+\.ts$/, may: /^pool\/src\/(?!adapters\/)/, why: "only main picks adapters" },
  ...["shard", "clerk", "matcher", "moderator", "supervisor"].map((role) => ({
    of: new RegExp(`^pool/src/${role}/`),
    may: new RegExp(`^pool/src/(?:${role}/|runtime/|content/|ports\\.ts)`),
    why: "a role knows ports, not adapters, and no other role",
  })),
  { of: /^pool\//, may: /^pool\//, why: "" },
  { of: /^edge\/web\//, may: /^edge\/web\//, why: "the page knows the client library, not the Worker" },
  // come-in holds admission's parts in its hands and asks them in turn; the rest of admission only decides.
  { of: /^edge\/src\/admission\/come-in\.ts$/, may: /^edge\/src\/(?!adapters\/)/, why: "it is handed its parts" },
  {
    of: /^edge\/src\/admission\//,
    may: /^edge\/src\/(?:admission\/|ports\.ts)/,
    why: "admission decides and knows no adapter",
  },
  {
    of: /^edge\/src\/adapters\//,
    may: /^edge\/src\/(?:adapters\/|(?:ports|config)\.ts)/,
    why: "an adapter obeys a port",
  },
  { of: /^edge\/src\/(?:worker|app|isolate)\.ts$/, may: /^edge\/src\//, why: "" },
  { of: /^edge\/src\//, may: /^edge\/src\/(?!adapters\/)/, why: "only worker, app and isolate pick adapters" },
  { of: /^edge\//, may: /^edge\//, why: "" },
];

/** The vendors' packages, each with the only places that may name it. A package without a row has no place at all. */
const VENDORS: Readonly<Record<string, RegExp>> = {
  "uWebSockets.js": /^pool\/src\/shard\/(?:listener\.ts|[a-z-]+\.d\.ts)$|^pool\/bench\/|^loadtest\//,
  ioredis: /^pool\/(?:src\/adapters\/redis|world|test)\//,
  nats: /^pool\/(?:src\/adapters\/nats|world|test)\/|^loadtest\/src\/run\/agent-bus\.ts$/,
  "prom-client": /^pool\/src\/runtime\//,
  pino: /^pool\/src\/runtime\/log\.ts$/,
  valibot: /^pool\/src\/(?:config\.ts|runtime\/)|^edge\/src\//,
  commander: /\/cli\.ts$/,
  esbuild: /^pool\/world\/|^loadtest\/src\/run\/bundle-worker\.ts$/,
  hono: /^edge\/src\/(?!admission\/|adapters\/)/,
  "@upstash/redis": /^edge\/src\/adapters\/|\/test\//,
  wrangler: /^edge\/serve\.ts$/,
  preact: /^edge\/web\//,
  vite: /^edge\/web\/vite\.config\.ts$|^edge\/web\/test\/|^pool\/world\//,
  "hdr-histogram-js": /^loadtest\//,
  vitest: /\.test\.tsx?$|\/test\/|\.config\.ts$/,
  "@cloudflare/vitest-plugin": /^edge\/.*\.config\.ts$/,
  "cloudflare:test": /^edge\/test\//,
  "cloudflare:workers": /^edge\/(?:src|test)\//,
  "fast-check": /\.test\.ts$|\/test\//,
  "playwright-core": /\/test\//,
  ws: /\.test\.ts$|\/test\/|^pool\/bench\/|^loadtest\//,
};
/** Where Node's own modules may be used; the rest runs in browsers and Workers, or decides without a world. */
const NODE = /^(?:pool|loadtest|\.ci)\/|^edge\/serve\.ts$|\.config\.ts$|\/test\/|\.test\.ts$/;

export type Import = { readonly from: string; readonly line: number };

const IMPORT = /\bfrom "([^"\n]+)"|^import "([^"\n]+)"|\bimport\("([^"\n]+)"\)/gm;

/** What a file imports or hands on, with `import()` of a plain string. */
export function importsOf(file: SourceFile): readonly Import[] {
  return [...file.text.matchAll(IMPORT)].flatMap((match) => {
    const from = match[1] ?? match[2] ?? match[3];
    // A sample in a string or a comment is blank in the code.
    const isCode = /^(?:from|import)\b/.test(file.code.slice(match.index));
    return from === undefined || !isCode ? [] : [{ from, line: file.text.slice(0, match.index).split("\n").length }];
  });
}

/** Every import that goes against the directions. */
export function importFaults(file: SourceFile): readonly Fault[] {
  if (!isTypeScript(file)) return [];
  return importsOf(file).flatMap(({ from, line }) => {
    const what =
      from.startsWith(".") || from.startsWith("@whisper/")
        ? insideFault(file.path, from)
        : outsideFault(file.path, from);
    return what === undefined ? [] : [{ path: file.path, line, what }];
  });
}

/** Repository tests and the generators of the documentation look at the whole tree. */
const LOOKS_AT_ALL = /^shared\/test\/(?:docs|tidy|build)\b/;

const workspaceOf = (path: string): string => path.split("/")[0] ?? "";

function insideFault(path: string, from: string): string | undefined {
  const target = from.startsWith(".")
    ? posix.join(posix.dirname(path), from)
    : from.replace(/^@whisper\/shared\//, "shared/src/").replace(/^@whisper\//, "");
  if (LOOKS_AT_ALL.test(path)) return undefined;
  const [mine, theirs] = [workspaceOf(path), workspaceOf(target)];
  if (mine !== theirs && !MAY_IMPORT[mine]?.includes(theirs)) return `${mine} may not import ${theirs} (${from})`;
  if (mine !== theirs || isTest(path)) return undefined;
  const layer = LAYERS.find((row) => row.of.test(path));
  if (layer === undefined) return undefined;
  return layer.may.test(target) ? undefined : `may not import ${target}: ${layer.why}`;
}

function outsideFault(path: string, from: string): string | undefined {
  if (from.startsWith("node:")) return NODE.test(path) ? undefined : `${from} is not at hand where this runs`;
  const name = from.startsWith("@") ? from.split("/").slice(0, 2).join("/") : (from.split("/")[0] ?? from);
  const homes = VENDORS[name];
  if (homes === undefined) return `${name} has no home: give it a row in VENDORS`;
  return homes.test(path) ? undefined : `${name} may be named only in ${homes.source}`;
}
