import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { blank } from "./tidy/blank.ts";
import { askedFor, isExact, type Lock, type Manifest, missingOptionals } from "./tidy/packages.ts";
import { notesOn, undocumented } from "./tidy/report.ts";
import { RULES } from "./tidy/rules.ts";
import { ROOT, sourceFile, tree } from "./tidy/tree.ts";

const files = tree();
const readJson = (path: string): unknown => JSON.parse(readFileSync(join(ROOT, path), "utf8"));

/** A file that breaks each rule, and one beside it that does not. A rule that no sample can break is no rule. */
const TWINS: readonly (readonly [rule: string, path: string, broken: string, fine: string])[] = [
  [
    "imports",
    "pool/src/shard/hub.ts",
    'import { x } from "../../../edge/src/app.ts";',
    'import { x } from "./slots.ts";',
  ],
  ["imports", "shared/src/base/ids.ts", 'import { x } from "node:crypto";', 'import { x } from "./result.ts";'],
  ["imports", "shared/src/bus/codec.ts", 'import { x } from "../client/view.ts";', 'import { x } from "./memos.ts";'],
  [
    "imports",
    "pool/src/shard/step-chat.ts",
    'import { x } from "../adapters/a.ts";',
    'import { x } from "./event.ts";',
  ],
  ["imports", "pool/src/shard/step-chat.ts", 'import { x } from "./hub.ts";', 'import { x } from "../ports.ts";'],
  [
    "imports",
    "pool/src/shard/shard.ts",
    'import { x } from "../adapters/memory/bus.ts";',
    'import { x } from "../ports.ts";',
  ],
  ["imports", "pool/src/clerk/clerk.ts", 'import { x } from "../shard/hub.ts";', 'import { x } from "./verbs.ts";'],
  ["imports", "pool/src/config.ts", 'import { x } from "./adapters/nats/bus.ts";', 'import * as v from "valibot";'],
  ["imports", "pool/src/shard/shard.ts", 'import { connect } from "nats";', 'import { x } from "node:net";'],
  ["imports", "pool/src/shard/hub.ts", 'import uws from "uWebSockets.js";', ""],
  ["imports", "pool/src/shard/hub.ts", 'import {\n  a,\n} from "left-pad";', "// from the left"],
  ["imports", "edge/src/admission/admit.ts", 'import { Hono } from "hono";', 'import type { X } from "../ports.ts";'],
  ["imports", "edge/src/app.ts", 'const x = await import("nats");', 'import { Hono } from "hono";'],
  ["imports", "edge/web/app.tsx", 'import { x } from "../src/app.ts";', 'import { x } from "preact/hooks";'],
  ["imports", "edge/src/routes/online.ts", 'export { x } from "../adapters/a.ts";', 'import { x } from "../ports.ts";'],
  ["clock", "pool/src/a.ts", "const t = Date.now();", "const t = clock.nowMs(); // not Date.now()"],
  ["chance", "pool/src/a.ts", "const t = Math.random();", 'const t = "Math.random";'],
  ["environment", "pool/src/a.ts", "const t = process.env.HOME;", "const t = env.HOME;"],
  ["console", "edge/src/a.ts", "console.log(1);", "log.info(1);"],
  ["any", "pool/src/a.ts", "const t = x as any;", "const any = 1; // as any"],
  ["any", "pool/src/a.ts", "function f(x: any) {}", 'const t = { any: 1, b: "x: any" };'],
  ["any", "pool/src/a.ts", "type T = Record<string, any>;", "type T = { any: string };"],
  ["non-null", "pool/src/a.ts", "const t = list[0]!;", "const t = list[0] !== 1;"],
  ["non-null", "pool/src/a.ts", "x!.y();", "if (!x) y(); // wait!"],
  ["waiting", "pool/src/shard/step-chat.ts", "await redis.incr(key);", "// await nothing"],
  ["waiting", "pool/src/content/fold.ts", "judge(text).then(send);", "const then = 1;"],
  ["columns", "edge/web/a.css", `a { b: ${"c".repeat(120)}; }`, "a".repeat(120)],
  ["columns", "pool/a.ts", `  // "${"a ".repeat(60)}"`, `test("${"a ".repeat(70)}", () => {});`],
  ["unfinished", "docs/A.md", `TO${"DO"}: later`, "Todos los dias"],
  ["skipped", "pool/test/a.test.ts", 'test.skip("x", () => {});', 'test("x.skip", () => list.skip());'],
  ["skipped", "pool/test/a.test.ts", 'describe.each([1]).only("x", () => {});', 'test.each([1])("x", () => {});'],
  ["kebab-case", "pool/src/waitingList.ts", "", ""],
  ["name", "pool/src/chat-utils.ts", "", ""],
  ["name", "edge/src/index.ts", "", ""],
  ["name", "shared/src/types.ts", "", ""],
  ["machine path", "docs/A.md", `see /${"work"}/main`, "see https://a.example/work/main and edge/work/x"],
];

describe("tidy", () => {
  test.each(RULES.map((rule) => [rule.name, rule] as const))("no file breaks the rule: %s", (_name, rule) => {
    expect(files.flatMap((file) => rule.faultsIn(file)).map((at) => `${at.path}:${at.line} ${at.what}`)).toEqual([]);
  });

  test.each(TWINS)("the rule %s finds the broken twin %s", (name, path, broken, fine) => {
    const rule = RULES.find((one) => one.name === name);
    expect(rule?.faultsIn(sourceFile(path, broken))).toHaveLength(1);
    if (fine !== broken) expect(rule?.faultsIn(sourceFile(path, fine))).toEqual([]);
  });

  test("every rule has a broken twin", () => {
    expect(RULES.map((rule) => rule.name).filter((name) => !TWINS.some(([twin]) => twin === name))).toEqual([]);
  });

  test("the linter refuses any, a non-null assertion, and a test that is left out", () => {
    const dir = mkdtempSync(join(tmpdir(), "whisper-lint-"));
    for (const name of ["biome.json", ".gitignore"]) copyFileSync(join(ROOT, name), join(dir, name));
    writeFileSync(join(dir, "any.ts"), "const one: any = 1;\nexport default one;\n");
    writeFileSync(join(dir, "non-null.ts"), "export const first = (list: number[]) => list[0]!;\n");
    writeFileSync(join(dir, "a.test.ts"), 'import { test } from "vitest";\ntest.skip("x", () => {});\n');
    const ran = spawnSync(join(ROOT, "node_modules/.bin/biome"), ["lint", "."], { cwd: dir, encoding: "utf8" });
    rmSync(dir, { recursive: true });
    const said = ran.stdout + ran.stderr;
    expect(["noExplicitAny", "noNonNullAssertion", "noSkippedTests"].filter((rule) => !said.includes(rule))).toEqual(
      [],
    );
    expect(ran.status).not.toBe(0);
  });

  test("what is worth a look is reported", () => {
    for (const note of notesOn(files)) process.stdout.write(`note: ${note}\n`);
    const long = sourceFile("pool/src/a.ts", "x();\n".repeat(301));
    expect(notesOn([long])).toEqual(["pool/src/a.ts has 301 lines: one idea a file?"]);
    expect(notesOn([sourceFile("pool/src/a.test.ts", 'test("no rule", () => {});')])[0]).toMatch(/^1 test titles/);
    expect(
      undocumented(sourceFile("a.ts", "export const f = (x: X): Y => x;\n/** Says. */\nexport function g() {}")),
    ).toEqual(["a.ts f"]);
  });
});

describe("the tree", () => {
  const TOP = ["package.json", "package-lock.json", "tsconfig.json", "biome.json", "README.md", "LICENSE"];
  const FOLDERS = ["edge", "pool", "shared", "loadtest", "terraform", "docs"];
  const strangers = (names: readonly string[]): readonly string[] =>
    names.filter((name) => !name.startsWith(".") && name !== "node_modules" && ![...TOP, ...FOLDERS].includes(name));

  test("the visible top level is what it is meant to be", () => {
    expect(strangers(readdirSync(ROOT))).toEqual([]);
    expect(strangers(["edge", "scripts", ".ci"])).toEqual(["scripts"]);
  });
});

describe("packages", () => {
  const lock = readJson("package-lock.json") as Lock;
  const manifests = ["", "shared/", "edge/", "pool/", "loadtest/"].map(
    (dir) => readJson(`${dir}package.json`) as Manifest,
  );

  test("every optional package that the lock file names is in it", () => {
    expect(missingOptionals(lock)).toEqual([]);
  });

  test("an optional package that the lock file lacks is found", () => {
    const wants = { optionalDependencies: { "c-linux": "1.0.0" } };
    const inner = "node_modules/a/node_modules/b";
    expect(missingOptionals({ packages: { "": {}, [inner]: wants } })).toEqual([`c-linux, wanted by ${inner}`]);
    for (const home of ["node_modules", "node_modules/a/node_modules", `${inner}/node_modules`])
      expect(missingOptionals({ packages: { [inner]: wants, [`${home}/c-linux`]: {} } })).toEqual([]);
    expect(missingOptionals({ packages: { [inner]: wants, "node_modules/b/node_modules/c-linux": {} } })).toHaveLength(
      1,
    );
  });

  test("every version is exact", () => {
    expect(manifests.flatMap(askedFor).filter(({ version }) => !isExact(version))).toEqual([]);
    expect(["^1.2.3", "1.x", "latest", "*", "npm:a@^1.2.3", "github:a/b", "github:a/b#main"].filter(isExact)).toEqual(
      [],
    );
    expect(
      ["1.2.3", "5.1.0-beta.2", "npm:uws-pack@20.0.8", "github:a/b.js#v1.2.3", "npm:@a/b@1.2.3"].every(isExact),
    ).toBe(true);
  });

  test("every dependency has a line in the record of dependencies", () => {
    const record = readFileSync(join(ROOT, "docs/decisions/0000-dependencies.md"), "utf8");
    const names = new Set(manifests.flatMap(askedFor).map(({ name }) => name));
    expect([...names].filter((name) => !name.startsWith("@whisper/") && !record.includes(`| \`${name}\``))).toEqual([]);
  });
});

describe("blank", () => {
  test.each([
    ["a line comment", "a; // b", "a;     "],
    ["a comment over lines", "a /* b\nc */ d", "a     \n     d"],
    ["a string", 'f(\'a\', "b\\"c")', "f(   ,       )"],
    ["a string left open", "f('a\nb", "f(  \nb"],
    ["a template with code", "`a${b}c` + d", "    b    + d"],
    ["braces inside a template's code", "`${ { a: 1 } }x` + b", "    { a: 1 }     + b"],
    ["a template within a template", "`${`b${c}`}` + d", "       c     + d"],
    ["a pattern", "x = /a\\/['\"]/g;", "x =          g;"],
    ["a division", "a / b / c", "a / b / c"],
    ["a quote inside a pattern, then code", "m(/'/); Date.now()", "m(   ); Date.now()"],
  ])("%s", (_what, text, code) => {
    expect(blank(text)).toBe(code);
  });
});
