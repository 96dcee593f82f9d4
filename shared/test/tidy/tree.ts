import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { blank } from "./blank.ts";

export const ROOT = join(import.meta.dirname, "../../..");

/** A file of the tree. `code` is its text without comments, strings and patterns, for TypeScript; else the text. */
export type SourceFile = { readonly path: string; readonly text: string; readonly code: string };
/** What a rule found: a line of a file, and what is wrong there. */
export type Fault = { readonly path: string; readonly line: number; readonly what: string };

const NOT_OURS = new Set(["node_modules", "dist", ".git", ".wrangler", "coverage"]);
const READ = /\.(?:ts|tsx|lua|css|md|json|jsonc|sql|html|sh|toml|ya?ml|tf)$|\/(?:run|install)$/;

/** `text` as the file at `path`; also how a test makes a file that is not there. */
export const sourceFile = (path: string, text: string): SourceFile => ({
  path,
  text,
  code: /\.tsx?$/.test(path) ? blank(text) : text,
});

/** Every path of the repository that is ours, with slashes, in order. */
export function paths(under = ""): readonly string[] {
  const found: string[] = [];
  const walk = (dir: string): void => {
    for (const entry of readdirSync(dir, { withFileTypes: true })) {
      if (NOT_OURS.has(entry.name)) continue;
      const path = join(dir, entry.name);
      if (entry.isDirectory()) walk(path);
      else found.push(relative(ROOT, path).split(sep).join("/"));
    }
  };
  walk(join(ROOT, under));
  return found.sort();
}

/** Every text file of the repository. */
export const tree = (): readonly SourceFile[] =>
  paths()
    .filter((path) => READ.test(path) && path !== "package-lock.json")
    .map((path) => sourceFile(path, readFileSync(join(ROOT, path), "utf8")));

/** A fault for each line of `text` in which `pattern` is found. */
export function faultsOfLines(file: SourceFile, text: string, pattern: RegExp, what: string): readonly Fault[] {
  return text.split("\n").flatMap((line, at) => (pattern.test(line) ? [{ path: file.path, line: at + 1, what }] : []));
}

export const isTypeScript = (file: SourceFile): boolean => /\.tsx?$/.test(file.path);
/** Tests and what only tests use. */
export const isTest = (path: string): boolean => /\.test\.tsx?$|\/test\//.test(path);
