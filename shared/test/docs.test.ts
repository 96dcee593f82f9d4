import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, test } from "vitest";
import { PIECES, pieceIn, putPiece } from "./docs/pages.ts";
import { numbersInTitles, partings } from "./docs/rules-and-titles.ts";
import { table } from "./docs/tables.ts";
import { paths, ROOT, sourceFile, tree } from "./tidy/tree.ts";

const files = tree();
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

describe("rules and their tests", () => {
  const found = partings(read("docs/PROTOCOL.md"), files);

  test("every rule of the protocol has a test whose title begins with its number", () => {
    expect(found.untested).toEqual([]);
  });

  test("every number in a title is a rule of the protocol", () => {
    expect(found.unknown).toEqual([]);
  });

  test("no number is given twice", () => {
    expect(found.doubled).toEqual([]);
  });

  test("a rule without a test, a test without a rule and a doubled number are found", () => {
    const page = "- **W1** One.\n- **W2** Two.\n- **W2** Again.\nNot **W3** a rule.\n";
    const twin = sourceFile("pool/test/a.test.ts", 'test("[W1] one", f);\ntest(`[W9] nine`, f);\n// [W2]');
    expect(partings(page, [twin])).toEqual({
      untested: ["W2", "W2"],
      unknown: ["W9 in pool/test/a.test.ts"],
      doubled: ["W2"],
    });
  });

  test.each([
    ['test("[A1] x")', ["A1"]],
    ["test.each([])('[A1] [B22] x')", ["A1", "B22"]],
    ["test(`[A1, B2] $" + "{name}: x`)", ["A1", "B2"]],
    ['["[A1] a row of a table", 1]', ["A1"]],
    ['test("x [A1]")', []],
    ['test("[a1] x")', []],
  ])("the numbers of %s", (text, numbers) => {
    expect(numbersInTitles(sourceFile("a.test.ts", text))).toEqual(numbers);
  });
});

describe("what a program writes", () => {
  test.each(PIECES.map((piece) => [piece.page, piece.name, piece] as const))(
    "%s shows the %s of the code",
    (page, name, piece) => {
      expect(pieceIn(read(page), name), "npm run docs writes it anew").toBe(piece.make());
    },
  );

  test("a piece that differs from the code, or has no marks, is found", () => {
    const page = putPiece(
      "# A\n\n<!-- generated: b (npm run docs) -->\nold\n<!-- end of generated -->\nend\n",
      "b",
      table(["x|y"], [["z"]]),
    );
    expect(pieceIn(page, "b")).toBe("| x\\|y |\n| --- |\n| z |");
    expect(page.startsWith("# A\n")).toBe(true);
    expect(page.endsWith("<!-- end of generated -->\nend\n")).toBe(true);
    expect(pieceIn(page, "c")).toBeUndefined();
    expect(() => putPiece(page, "c", "")).toThrow("no marks");
  });
});

describe("decisions", () => {
  const names = readdirSync(join(ROOT, "docs/decisions")).filter((name) => name !== "README.md");
  const HEADINGS = ["Question", "Forces", "Decision", "What we gave up", "How we will know we were wrong"];
  const missingHeadings = (text: string): readonly string[] =>
    HEADINGS.filter((heading) => !text.includes(`\n## ${heading}\n`));

  test("the index lists every decision, and each has its own number", () => {
    const index = read("docs/decisions/README.md");
    expect(names.filter((name) => !index.includes(`](${name})`))).toEqual([]);
    expect(names.filter((name) => !/^\d{4}-[a-z0-9-]+\.md$/.test(name))).toEqual([]);
    expect(new Set(names.map((name) => name.slice(0, 4))).size).toBe(names.length);
  });

  test.each(names.filter((name) => !name.startsWith("0000")))("%s has the five headings", (name) => {
    expect(missingHeadings(read(`docs/decisions/${name}`))).toEqual([]);
    expect(missingHeadings("# A\n\n## Question\n\n## Forces\n")).toHaveLength(3);
  });
});

describe("the defects of the first Whisper", () => {
  type Row = { readonly number: number; readonly ours: string; readonly shown: string };
  const rowsOf = (page: string): readonly Row[] =>
    [...page.matchAll(/^\| (\d+) \| [^|]+ \| ([^|]+) \| ([^|]+) \|$/gm)].map(([, number, ours = "", shown = ""]) => ({
      number: Number(number),
      ours,
      shown,
    }));
  const titled = files.filter(({ path }) => /\.(?:test|contract)\.tsx?$/.test(path));
  /** Backticked beginnings of titles in a cell that no test in the tree has. */
  const unknownTests = (shown: string): readonly string[] =>
    [...shown.matchAll(/`([^`]+)`/g)]
      .map(([, title = ""]) => title)
      .filter(
        (title) => !titled.some(({ text }) => ['"', "'", "`"].some((quote) => text.includes(`${quote}${title}`))),
      );
  const rows = rowsOf(read("docs/DEFECTS.md"));

  test("all 55 have a row, in order, with a test or the part that will bring it", () => {
    expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: 55 }, (_, at) => at + 1));
    expect(rows.filter(({ shown }) => !/`\[?[^`]+`|\bpart [B-F]\b/.test(shown))).toEqual([]);
  });

  test("every test that is named exists", () => {
    expect(rows.flatMap(({ number, shown }) => unknownTests(shown).map((title) => `${number}: ${title}`))).toEqual([]);
  });

  test("a test that does not exist is found", () => {
    const [nobodys, ours] = ["[Z99] nobody".concat(" wrote this"), "a test that does not exist"];
    expect(unknownTests(`\`${nobodys}\`, \`${ours}\`, part B`)).toEqual([nobodys]);
    expect(rowsOf("| 1 | a | b | c |\n|2|")).toHaveLength(1);
  });
});

describe("the architecture", () => {
  const PAGE = "docs/ARCHITECTURE.md";
  const known = paths();
  /**
   * File and folder names in backticks: what has a slash and no call, or ends like a file of ours. A star is any run.
   */
  const namesIn = (page: string): readonly string[] =>
    [...page.matchAll(/`([\w.*/-]+)`/g)]
      .map(([, name = ""]) => name)
      .filter((name) => /\w\/|\.(?:tsx?|md|lua|jsonc?|css)$/.test(name));
  /** Whether a path, or the end of one, or a folder anywhere, is called so. */
  const exists = (name: string): boolean => {
    const shape = name.replace(/\/$/, "").replaceAll(".", "\\.").replaceAll("*", "[^/]*");
    const found = new RegExp(`(?:^|/)${shape}(?:/|$)`);
    return known.some((path) => found.test(path));
  };

  test("every file and folder that it names exists", () => {
    const names = namesIn(read(PAGE));
    expect(names.length).toBeGreaterThan(40);
    expect(names.filter((name) => !exists(name))).toEqual([]);
  });

  test("a name that is no file of ours is found", () => {
    const page =
      "`step.ts`, `admission/`, `redis/*.lua`, `gone.ts`, `pool/src/gone`, `onText`, `POST /drain`, `tep.ts`";
    expect(namesIn(page).filter((name) => !exists(name))).toEqual(["gone.ts", "pool/src/gone", "tep.ts"]);
  });
});

describe("links", () => {
  const pages = files.filter(({ path }) => path.endsWith(".md"));
  const deadLinks = (path: string, text: string): readonly string[] =>
    [...text.replaceAll(/<!--.*?-->/gs, "").matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)/g)]
      .map(([, target = ""]) => normalize(join(dirname(path), target)))
      .filter((target) => target.startsWith("..") || !existsSync(join(ROOT, target)))
      .map((target) => `${path} → ${target}`);

  test("every link between the pages leads somewhere", () => {
    expect(pages.flatMap(({ path, text }) => deadLinks(path, text))).toEqual([]);
    expect(deadLinks("docs/A.md", "[x](nowhere.md) [y](../README.md#top) [z](../../out.md)")).toHaveLength(2);
  });
});
