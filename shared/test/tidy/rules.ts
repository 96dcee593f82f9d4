import { importFaults } from "./imports.ts";
import { type Fault, faultsOfLines, isTest, isTypeScript, type SourceFile } from "./tree.ts";

/** A rule about one file. */
export type Rule = { readonly name: string; faultsIn(file: SourceFile): readonly Fault[] };

type Home = { readonly name: string; readonly pattern: RegExp; readonly homes: RegExp; readonly why: string };

const NOWHERE = /^$/;
/** Things with exactly one home. The pattern may appear only in the code of files whose path fits `homes`. */
const HOMES: readonly Home[] = [
  { name: "clock", pattern: /\bDate\.now\b|\bnew Date\(\)/, homes: /\/clock\.ts$/, why: "take a Clock" },
  { name: "chance", pattern: /\bMath\.random\b/, homes: NOWHERE, why: "take a Random" },
  {
    name: "environment",
    pattern: /\bprocess\.env\b/,
    homes: /\/(?:main|cli)\.ts$|^edge\/serve\.ts$|^\.ci\/|\.config\.ts$|\.test\.ts$/,
    why: "read the parsed config",
  },
  { name: "console", pattern: /\bconsole\s*\./, homes: /\/(?:log|cli)\.ts$/, why: "take a Log" },
  { name: "any", pattern: /\bas any\b|[:<,|] ?any\b(?!:)|\bany\[\]/, homes: NOWHERE, why: "use unknown and a parser" },
  {
    name: "non-null",
    pattern: /[\w)\]]!(?:$|[.;,)\]}[\s])(?!=)/,
    homes: /\.tsx$/, // text between tags may end in an exclamation mark; Biome knows the difference
    why: "say with assert why it is there",
  },
];

const homeRule = ({ name, pattern, homes, why }: Home): Rule => ({
  name,
  faultsIn: (file) =>
    !isTypeScript(file) || homes.test(file.path) ? [] : faultsOfLines(file, file.code, pattern, why),
});

/** What stands between bytes in and bytes out. A shard starts, stops, listens and files reports outside of it. */
const ON_THE_WAY =
  /^(?:pool\/src\/(?:shard\/(?!(?:shard|listener|report)\.ts)|content\/|runtime\/mail\.)|shared\/src\/protocol\/)/;
const WAITS = /\bawait\b|\basync\b|\.then\(|\bPromise\b/;

const WIDTH = 120;
const BANNED = /^(?:.*-)?(?:utils?|helpers?|managers?|handlers?|types)$|^(?:index|type|common|misc)$/;
const NAMED = /\.(?:ts|tsx|lua|css|sql|sh|json|jsonc|html|tf|ya?ml)$/;
const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
const atTop = (file: SourceFile, what: string): readonly Fault[] => [{ path: file.path, line: 1, what }];

const WIDE = `over ${WIDTH} columns`;
/** A comment wraps and code breaks, but a long string (a title, a list of words) is better whole than in pieces. */
function isTooWide(line: string): boolean {
  const isComment = /^\s*(?:\/\/|\/?\*|--)/.test(line);
  return [...(isComment ? line : line.replace(/(["'`]).{40,}\1/, ""))].length > WIDTH;
}

const SHAPES: readonly Rule[] = [
  {
    name: "waiting",
    faultsIn: (file) =>
      ON_THE_WAY.test(file.path) && isTypeScript(file) && !isTest(file.path)
        ? faultsOfLines(file, file.code, WAITS, "nothing waits between bytes in and bytes out")
        : [],
  },
  {
    name: "columns",
    faultsIn: (file) =>
      /\.(?:tsx?|lua|css)$/.test(file.path)
        ? file.text
            .split("\n")
            .flatMap((line, at) => (isTooWide(line) ? [{ path: file.path, line: at + 1, what: WIDE }] : []))
        : [],
  },
  {
    name: "unfinished",
    faultsIn: (file) =>
      faultsOfLines(file, file.text, /\b(?:TO(?:DO)|FIX(?:ME)|XX(?:X))\b/, "finish it or leave it out"),
  },
  {
    name: "skipped",
    faultsIn: (file) =>
      isTypeScript(file) && isTest(file.path)
        ? faultsOfLines(
            file,
            file.code,
            /\b(?:test|it|describe|suite)(?:\.\w+(?:\([^)]*\))?)*\.(?:skip|only|todo|skipIf|runIf|fails)\b/,
            "a test runs, or it is not there",
          )
        : [],
  },
  {
    name: "kebab-case",
    faultsIn: (file) =>
      NAMED.test(file.path) && !/^\.?[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9-]+)+$/.test(nameOf(file.path))
        ? atTop(file, "file names are kebab-case")
        : [],
  },
  {
    name: "name",
    faultsIn: (file) => {
      const stem = nameOf(file.path).split(".")[0] ?? "";
      const fine = !/\.tsx?$|\.lua$/.test(file.path) || !BANNED.test(stem);
      return fine ? [] : atTop(file, `"${stem}" says nothing: name the idea`);
    },
  },
  {
    name: "machine path",
    faultsIn: (file) =>
      faultsOfLines(file, file.text, /(?:^|[\s"'`(=:])\/(?:work|home|Users|root)\/[\w.-]/, "a path of one machine"),
  },
];

export const RULES: readonly Rule[] = [{ name: "imports", faultsIn: importFaults }, ...HOMES.map(homeRule), ...SHAPES];
