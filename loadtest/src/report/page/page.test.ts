import { Script } from "node:vm";
import { expect, test } from "vitest";
import { counts, latencies, reportOf, second, seconds } from "../../../test/support/sample-report.ts";
import type { Report } from "../../plan/plan.ts";
import { figuresOf, valueText } from "../figures.ts";
import { readReport, reportText } from "../json.ts";
import { summaryOf } from "../summary.ts";
import { chartsOf } from "./charts.ts";
import { pageOf } from "./page.ts";
import { readPageParts } from "./page-parts.ts";

const parts = readPageParts();
const page = (report: Report = reportOf()): string => pageOf(report, parts);

/** Every figure that a page shows: where it comes from, its value, and the words. */
const shownIn = (html: string) =>
  [...html.matchAll(/data-path="([^"]+)" data-value="([^"]+)">([^<]+)</g)].map(([, path = "", value, words = ""]) => ({
    path,
    value: Number(value),
    words,
  }));

/** The value at a path of parsed JSON, `phases.0.totals.lost`. */
function at(json: unknown, path: string): unknown {
  let value = json;
  for (const key of path.split(".")) value = (value as Record<string, unknown>)[key];
  return value;
}

const chartsIn = (html: string): ReturnType<typeof chartsOf> =>
  JSON.parse(/<script type="application\/json" id="charts">(.*?)<\/script>/s.exec(html)?.[1] ?? "null");

test("[Y9] every figure on the page is the JSON's, and none of them is missing", () => {
  const report = reportOf({
    totals: counts({ lost: 3, textsSent: 4_321, textsDelivered: 4_318, upgrades: 200, seeks: 7 }),
  });
  const json: unknown = JSON.parse(reportText(report));
  const shown = shownIn(page(report));
  for (const { path, value } of shown) expect(value, path).toBe(at(json, path));
  const figures = figuresOf(report).flatMap(({ figures: some }) => some);
  for (const { path, value, unit } of figures)
    expect(shown).toContainEqual({ path, value, words: valueText(value, unit) });
  const bounds = Object.keys(report.plan.thresholds).map((name) => `plan.thresholds.${name}`);
  const phases = report.phases.flatMap(({ totals }, nth) =>
    Object.entries(totals).flatMap(([name, value]) => (value > 0 ? [`phases.${nth}.totals.${name}`] : [])),
  );
  expect([...bounds, ...phases].filter((path) => !shown.some((one) => one.path === path))).toEqual([]);
});

test("[Y9] a figure that differs from the JSON would be found", () => {
  const html = page().replace(/(data-path="totals\.textsSent" data-value=")\d+/, "$199");
  const json: unknown = JSON.parse(reportText(reportOf()));
  expect(shownIn(html).filter(({ path, value }) => value !== at(json, path)).length).toBeGreaterThan(0);
});

test("[Y9] the summary tells every figure that is not zero in the page's words", () => {
  const report = reportOf();
  const text = summaryOf(report);
  for (const { label, value, unit } of figuresOf(report).flatMap(({ figures }) => figures))
    if (value !== 0)
      expect(text).toMatch(new RegExp(`${label.replaceAll(/[.()]/g, "\\$&")}\\s+${valueText(value, unit)}`));
  expect(text.startsWith("HELD")).toBe(true);
});

test("[Y9] the plots draw the seconds of the JSON", () => {
  const report = reportOf();
  const json = JSON.parse(reportText(report)) as Report;
  const charts = chartsIn(page(report));
  expect(charts).toEqual(JSON.parse(JSON.stringify(chartsOf(json))));
  const sockets = charts.find(({ title }) => title === "Sockets");
  expect(sockets?.x).toEqual(json.seconds.map(({ atMs }) => atMs / 1_000));
  expect(sockets?.series[0]?.values).toEqual(json.seconds.map(({ gauges }) => gauges.sockets));
  for (const { x, series } of charts) for (const { values } of series) expect(values).toHaveLength(x.length);
  expect(charts.map(({ title }) => title)).toEqual([
    "Sockets",
    "Upgrades per second",
    "Texts per second",
    "Time: a text, from when it should leave to when it is shown",
    "The generator's loop",
    "The generator's busiest process",
    "The generator's memory",
    "The servers' memory",
    "The servers' CPU",
  ]);
});

test("[Y9] a second in which nothing was measured is a gap, not a zero", () => {
  const report = reportOf({ seconds: [...seconds(2), second(3_000, { latencies: latencies({}) })] });
  const text = chartsOf(report).find(({ title }) => title.startsWith("Time: a text"));
  expect(text?.series.map(({ values }) => values[2])).toEqual([null, null, null]);
});

test("[Y9] servers that were not all seen at one moment stand side by side with gaps", () => {
  const sample = { rssBytes: 2 ** 20, cpuCores: 1, sockets: 0, chats: 0 };
  const servers = [
    { ...sample, atMs: 1_000, ops: "b:1" },
    { ...sample, atMs: 2_000, ops: "b:1" },
    { ...sample, atMs: 2_000, ops: "a:1" },
  ];
  const memory = chartsOf(reportOf({ servers })).find(({ title }) => title === "The servers' memory");
  expect(memory).toMatchObject({
    x: [1, 2],
    series: [
      { label: "a:1", values: [null, 1] },
      { label: "b:1", values: [1, 1] },
    ],
  });
});

test("[Y9] the page asks no network for anything and is whole by itself", () => {
  const html = page();
  expect(html).toContain("default-src 'none'");
  expect(html).not.toMatch(/<(?:link|img|iframe|object|embed|base|form)\b/i);
  expect(html).not.toMatch(/<script[^>]+src=|@import|url\(/i);
  expect(html).toContain('name="viewport"');
  expect(html).toContain("prefers-color-scheme: dark");
  expect(html.length).toBeLessThan(150_000);
});

test("[Y9] its scripts are scripts", () => {
  for (const code of [parts.plots, parts.uplotJs]) expect(() => new Script(code)).not.toThrow();
});

test("[Y9] what a target or a machine is called cannot become code in the page", () => {
  const evil = `</script><script>alert(1)</script><img src=x onerror="alert(1)">'&`;
  const base = reportOf({
    commit: evil,
    machine: { cpu: evil, cores: 2, memory_bytes: 1 },
    examples: [evil],
    servers: [{ atMs: 1, ops: evil, rssBytes: 1e9, cpuCores: 1, sockets: 1, chats: 1 }],
    health: { ...reportOf().health, lostParts: [evil] },
  });
  const html = page(base);
  expect(html.match(/<script>/g)).toHaveLength(2);
  expect(html).not.toContain("<img");
  expect(html).not.toContain("alert(1)</script>");
  expect(chartsIn(html).at(-1)?.series[0]?.label).toBe(evil);
});

test("[Y9] how a hook ended is told, and what it said cannot become code", () => {
  const report = reportOf({ hook: { ended: "code 3", tookMs: 1_250, output: "<b>gone</b>" } });
  for (const text of [page(report), summaryOf(report)])
    expect(text).toContain("the hook ended with code 3 after 1,250 ms");
  expect(page(report)).not.toContain("<b>gone");
  expect(summaryOf(reportOf())).not.toContain("hook");
});

test("[Y9] a script that would end its element early is refused", () => {
  expect(() => pageOf(reportOf(), { ...parts, uplotJs: "a = '</script>'" })).toThrow(RangeError);
});

test.each([
  ["crossed", { totals: counts({ ...reportOf().totals, lost: 1 }) }, "✗ A threshold was crossed"],
  ["inconclusive", { histograms: latencies({}) }, "? Inconclusive"],
  ["interrupted", { interrupted: true }, "■ Interrupted"],
] as const)("[Y9] a run that is %s says so in words and with a reason", (result, over, words) => {
  const report = reportOf(over);
  expect(report.verdict.result).toBe(result);
  expect(page(report)).toContain(words);
  expect(page(report)).toMatch(/<ul><li>.+<\/li>/);
  expect(summaryOf(report)).toContain(report.verdict.reasons[0]);
});

test("[Y9] a report is read back from its JSON whole", () => {
  const report = reportOf();
  const back = readReport(reportText(report));
  expect(back).toMatchObject({ ok: true, value: JSON.parse(JSON.stringify(report)) });
});

const spoilt = (over: object): string => JSON.stringify({ ...JSON.parse(reportText(reportOf())), ...over });

test.each([
  ["", "not_json"],
  ["{", "not_json"],
  ["null", "not_ours"],
  ["[]", "not_ours"],
  ['{"format":"whisper-loadtest/1"}', "not_ours"],
  ['{"name":"shard.idle_bytes"}', "not_ours"],
  [spoilt({ format: "whisper-loadtest/9" }), "not_ours"],
  [spoilt({ plan: { ...reportOf().plan, scenario: "dance" } }), "not_ours"],
  [spoilt({ plan: { ...reportOf().plan, connections: "200" } }), "not_ours"],
  [spoilt({ totals: { ...reportOf().totals, lost: "0" } }), "not_ours"],
  [spoilt({ histograms: { ...reportOf().histograms, text: null } }), "not_ours"],
  [spoilt({ phases: [{ name: "hold" }] }), "not_ours"],
  [spoilt({ verdict: undefined }), "not_ours"],
])("[Y10] %.60s is no result: %s", (text, code) => {
  expect(readReport(text)).toEqual({ ok: false, code });
});
