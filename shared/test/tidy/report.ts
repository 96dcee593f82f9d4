import { isTest, isTypeScript, type SourceFile } from "./tree.ts";

const LINES = 300;

/** What is worth a look and no fault: one line each, for a person. */
export function notesOn(files: readonly SourceFile[]): readonly string[] {
  const long = files
    .filter((file) => /\.(?:tsx?|lua|css)$/.test(file.path) && linesIn(file) > LINES)
    .map((file) => `${file.path} has ${linesIn(file)} lines: one idea a file?`);
  const silent = files.filter((file) => isTypeScript(file) && !isTest(file.path)).flatMap(undocumented);
  const nameless = files.flatMap(titlesWithoutRule);
  return [
    ...long,
    ...countNote(silent, "exported functions without a sentence of documentation"),
    ...countNote(nameless, "test titles without a rule's number"),
  ];
}

const linesIn = (file: SourceFile): number => file.text.trimEnd().split("\n").length;

function countNote(found: readonly string[], what: string): readonly string[] {
  return found.length === 0
    ? []
    : [`${found.length} ${what}: ${found.slice(0, 3).join(", ")}${found.length > 3 ? " …" : ""}`];
}

/** Exported functions with no comment on the line before. */
export function undocumented(file: SourceFile): readonly string[] {
  const lines = file.text.split("\n");
  return lines.flatMap((line, at) => {
    const name =
      /^export (?:async )?(?:function\*? (\w+)|const (\w+)(?::.*)? = (?:async )?(?:<.*>)?\(.*(?:=>|\($))/.exec(line);
    const before = lines[at - 1] ?? "";
    if (name === null || /\*\/\s*$|^\s*\/\//.test(before) || /^export function .*;$/.test(before)) return [];
    return [`${file.path} ${name[1] ?? name[2]}`];
  });
}

/** Titles of unit and integration tests that name no rule; repository tests have none to name. */
function titlesWithoutRule(file: SourceFile): readonly string[] {
  if (!/\.(?:test|contract)\.tsx?$/.test(file.path) || /^shared\/test\/(?:tidy|docs|build)\./.test(file.path))
    return [];
  return [...file.text.matchAll(/^\s*(?:test|it)(?:\.each\(.*\))?\(\s*["'`](?!\[[A-Z]\d)(?<title>[^"'`\n]*)/gm)].map(
    (match) => `${file.path} "${match.groups?.title ?? ""}"`,
  );
}
