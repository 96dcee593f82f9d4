import { expect, test } from "vitest";
import { readArguments } from "./arguments.ts";
import { lineOf, median, NUMBERS, numbersOf } from "./lines.ts";
import { putSection, sectionOf } from "./page.ts";
import { partsOf } from "./profile.ts";

const MACHINE = { cpu: "a cpu", cores: 2, memory_bytes: 2 ** 34 };
const BASELINE = { name: "bare", value: 500.12345 };

test("a line holds exactly what the contract says, in its order", () => {
  const line = lineOf({ name: "shard.idle_bytes", value: 900.0004, baseline: BASELINE }, MACHINE, "abc1234");
  expect(JSON.stringify(line)).toBe(
    '{"name":"shard.idle_bytes","value":900,"unit":"bytes/session","goal":900,"met":true,' +
      '"baseline":{"name":"bare","value":500.123},' +
      '"machine":{"cpu":"a cpu","cores":2,"memory_bytes":17179869184},"commit":"abc1234"}',
  );
});

test.each([
  ["shard.idle_bytes", 901, false],
  ["shard.idle_bytes", 899, true],
  ["shard.texts_per_cpu_s", 59_999, false],
  ["shard.texts_per_cpu_s", 60_000, true],
  ["edge.upstash_calls_warm", 1, false],
  ["edge.upstash_calls_warm", 0, true],
] as const)("%s of %d: met is %s", (name, value, met) => {
  expect(lineOf({ name, value, baseline: BASELINE }, MACHINE, "x").met).toBe(met);
});

test.each([Number.NaN, Number.POSITIVE_INFINITY])("%d is no number of the bench, measured or beside it", (value) => {
  const name = "shard.idle_bytes";
  expect(() => lineOf({ name, value, baseline: BASELINE }, MACHINE, "x")).toThrow(RangeError);
  expect(() => lineOf({ name, value: 1, baseline: { name: "b", value } }, MACHINE, "x")).toThrow(RangeError);
});

test("the median is the middle one, and nothing has none", () => {
  expect([median([3, 1, 2]), median([4, 1, 2, 3]), median([7])]).toEqual([2, 2.5, 7]);
  expect(median([])).toBeNaN();
});

test("a group is all its numbers, a name is itself, anything else is nothing", () => {
  expect(numbersOf("edge")).toEqual(["edge.connects_per_cpu_s", "edge.upstash_calls_warm"]);
  expect(numbersOf("shard.idle_bytes")).toEqual(["shard.idle_bytes"]);
  for (const odd of ["", "shard.", "Shard", "toString", "regions"]) expect(numbersOf(odd)).toBeUndefined();
});

test("a command line that asks for something", () => {
  expect(readArguments([])).toMatchObject({ do: "measure", names: Object.keys(NUMBERS), page: undefined });
  expect(readArguments(["edge", "--page", "a.md"])).toMatchObject({ do: "measure", page: "a.md" });
  expect(readArguments(["--list"])).toEqual({ do: "list" });
  expect(readArguments(["shard", "-h"])).toEqual({ do: "help" });
});

test.each([
  [["nonsense"]],
  [["shard.idle_bytes", "--page", "a.md"]],
  [["shard", "edge"]],
  [["--nonsense"]],
  [["--page"]],
  [["--list=1"]],
])("%j is refused in one line that says what to write", (argv) => {
  const wish = readArguments(argv);
  expect(wish.do).toBe("refuse");
  expect(wish.do === "refuse" && !wish.why.includes("\n") && /[Ww]rite /.test(wish.why)).toBe(true);
});

test("only the section of what was measured is written, and only where the page has a place for it", () => {
  const mark = (group: string, text: string): string =>
    `<!-- measured: ${group} (npm run bench -- ${group} --page) -->\n\n${text}\n\n<!-- end of measured -->`;
  const page = `# P\n\n${mark("shard", "old")}\n\nprose\n\n${mark("edge", "kept")}\n`;
  const line = lineOf({ name: "shard.idle_bytes", value: 901, baseline: BASELINE }, MACHINE, "abc1234");
  const section = sectionOf([line], [{ title: "texts", spots: [{ name: "send", file: "", share: 0.6 }] }]);
  expect(section).toContain("| `shard.idle_bytes` | 901 bytes/session | 900 (missed) | 500: bare |");
  expect(section).toContain("60.0 %");
  const after = putSection(page, "shard", section);
  expect(after).toBe(page.replace("old", section));
  expect(putSection(after, "shard", "old")).toBe(page);
  expect(() => putSection("# P\n", "edge", section)).toThrow(/no place for edge/);
  expect(() => sectionOf([], [])).toThrow(RangeError);
});

test("every share of a profile is counted to one part, and none is lost", () => {
  const spots = [
    { name: "send", file: "", share: 0.5 },
    { name: "onText", file: "pool/src/shard/step-chat.ts", share: 0.2 },
    { name: "run", file: "pool/src/shard/run-loop.ts", share: 0.1 },
    { name: "run", file: "", share: 0.1 },
    { name: "whatever", file: "node:vm", share: 0.1 },
  ];
  const parts = partsOf(spots);
  expect(parts[0]).toMatchObject({ share: 0.5 });
  expect(parts).toHaveLength(5);
  expect(parts.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
});
