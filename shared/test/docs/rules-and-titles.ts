import type { SourceFile } from "../tidy/tree.ts";

/** The numbers of the rules in `docs/PROTOCOL.md`: lines that begin `- **W3** `. */
export const ruleNumbers = (protocol: string): readonly string[] =>
  [...protocol.matchAll(/^- \*\*([A-Z]\d+)\*\* /gm)].map((match) => match[1] ?? "");

/** Tests, and the contract suites that tests run. */
export const holdsTests = (path: string): boolean =>
  /\.(?:test|contract)\.tsx?$/.test(path) && !NOT_OF_RULES.test(path);
const NOT_OF_RULES = /^shared\/test\/(?:tidy|docs|build)\.test\.ts$/;

/** Every rule number that a title begins with: `"[W3] …"`, `"[W3] [W4] …"` or `"[W3, W4] …"`. */
export function numbersInTitles(file: SourceFile): readonly string[] {
  const heads = [...file.text.matchAll(/["'`]((?:\[[A-Z]\d+(?:, ?[A-Z]\d+)*\] ?)+)/g)].map((match) => match[1] ?? "");
  return heads.flatMap((head) => head.match(/[A-Z]\d+/g) ?? []);
}

/**
 * Rules without a test, tests of no rule, and numbers given twice: all empty, or the protocol and its tests have
 * parted.
 */
export function partings(protocol: string, files: readonly SourceFile[]) {
  const rules = ruleNumbers(protocol);
  const tested = new Map<string, string>();
  for (const file of files.filter(({ path }) => holdsTests(path)))
    for (const number of numbersInTitles(file)) tested.set(number, file.path);
  return {
    untested: rules.filter((number) => !tested.has(number)),
    unknown: [...tested].filter(([number]) => !rules.includes(number)).map(([number, path]) => `${number} in ${path}`),
    doubled: rules.filter((number, at) => rules.indexOf(number) !== at),
  };
}
