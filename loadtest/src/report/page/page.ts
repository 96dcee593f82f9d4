import type { Phase, Report } from "../../plan/plan.ts";
import { boundsOf } from "../bounds.ts";
import {
  COUNT_NAMES,
  type Figure,
  type FigureGroup,
  figuresOf,
  HISTOGRAM_NAMES,
  LATENCY_LABELS,
  type Unit,
  valueText,
} from "../figures.ts";
import { hookLine, planLine } from "../summary.ts";
import { type Chart, chartsOf } from "./charts.ts";

/** What the page is made of besides the report: texts that go into it as they are. */
export type PageParts = {
  readonly css: string;
  readonly plots: string;
  readonly uplotCss: string;
  readonly uplotJs: string;
};

const VERDICTS = {
  held: ["✓", "Held"],
  crossed: ["✗", "A threshold was crossed"],
  inconclusive: ["?", "Inconclusive"],
  interrupted: ["■", "Interrupted"],
} as const;

/** Asks for nothing from anywhere: whatever a report holds, the page cannot load or send. */
const POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'";

const escaped = (text: string): string => text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);

/** Data that stands in a script element: nothing in it can end the element. */
const inScript = (data: unknown): string => JSON.stringify(data).replaceAll("<", "\\u003c");

function asScript(code: string): string {
  if (/<\/script/i.test(code)) throw new RangeError("a script in a page may not hold the end of a script");
  return `<script>${code}</script>`;
}

/**
 * One page that holds a whole report: verdict, figures, plots. It needs no network and no other file. Every figure
 * carries the path of its value in the JSON, and the value itself.
 */
export function pageOf(report: Report, parts: PageParts): string {
  const charts = chartsOf(report);
  return [
    '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>Load test: ${escaped(report.plan.scenario)}, ${VERDICTS[report.verdict.result][1]}</title>`,
    `<style>${parts.uplotCss}\n${parts.css}</style></head><body>`,
    heading(report),
    tiles(report),
    `<h2>Bounds</h2>${boundsTable(report)}`,
    `<h2>Over time</h2><div class="charts">${charts.map(chartPlace).join("")}</div>`,
    `<h2>Figures</h2><div class="tables">${figuresOf(report).map(figureTable).join("")}</div>`,
    report.phases.length > 0 ? `<h2>Phase by phase</h2>${phaseTable(report.phases)}` : "",
    examples(report.examples),
    report.hook === undefined
      ? ""
      : `<h2>Hook</h2><p>${escaped(hookLine(report.hook))}</p><pre class="wide">${escaped(report.hook.output)}</pre>`,
    `<script type="application/json" id="charts">${inScript(charts)}</script>`,
    asScript(parts.uplotJs),
    asScript(parts.plots),
    "</body></html>\n",
  ].join("\n");
}

function heading({ verdict, plan, machine, commit, startedAt }: Report): string {
  const [sign, words] = VERDICTS[verdict.result];
  const reasons = verdict.reasons.map((reason) => `<li>${escaped(reason)}</li>`).join("");
  const gib = (machine.memory_bytes / 2 ** 30).toFixed(0);
  return [
    `<header><div class="verdict ${verdict.result}"><h1>${sign} ${words}</h1><ul>${reasons}</ul></div>`,
    `<p>${escaped(planLine(plan))}</p>`,
    `<p class="quiet">${escaped(startedAt)} · generator on ${machine.cores} cores of ${escaped(machine.cpu)}, ${gib} GiB · `,
    `commit ${escaped(commit)} · seed ${plan.seed} · exit ${verdict.exitCode}</p></header>`,
  ].join("");
}

const valueCell = (path: string, value: number, unit: Unit): string =>
  `<span data-path="${path}" data-value="${value}">${escaped(valueText(value, unit))}</span>`;

function tiles(report: Report): string {
  const wanted = ["totals.admitted", "totals.dropped", "totals.textsDelivered", "totals.lost", "totals.doubled"];
  const counts = figuresOf(report)
    .flatMap(({ figures }) => figures)
    .filter(({ path }) => wanted.includes(path));
  const times = HISTOGRAM_NAMES.filter((name) => report.histograms[name].count > 0).map(
    (name): Figure => ({
      path: `histograms.${name}.p99Ms`,
      label: `p99 ${LATENCY_LABELS[name].split(",")[0]}`,
      value: report.histograms[name].p99Ms,
      unit: "ms",
    }),
  );
  const tile = ({ path, label, value, unit }: Figure): string =>
    `<div class="tile"><b>${valueCell(path, value, unit)}</b>${escaped(label)}</div>`;
  return `<div class="tiles">${[...counts, ...times].map(tile).join("")}</div>`;
}

const row = (cells: readonly string[], tag: "td" | "th" = "td"): string =>
  `<tr>${cells.map((cell, at) => `<${tag}${at === 0 ? "" : ' class="value"'}>${cell}</${tag}>`).join("")}</tr>`;
const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string =>
  `<div class="wide"><table>${row(heads, "th")}${rows.map((cells) => row(cells)).join("")}</table></div>`;

const boundsTable = (report: Report): string =>
  table(
    ["Bound", "Measured", "Allowed", ""],
    boundsOf(report).map(({ label, name, measured, allowed, unit, holds }) => [
      escaped(label),
      measured === undefined ? "not measured" : escaped(valueText(measured, unit)),
      `<span data-path="plan.thresholds.${name}" data-value="${allowed}">${escaped(valueText(allowed, unit))}</span>`,
      measured === undefined ? "–" : holds ? "✓ holds" : '<span class="crossed">✗ crossed</span>',
    ]),
  );

const chartPlace = ({ title, unit }: Chart, at: number): string =>
  `<div class="card"><h3>${escaped(title)}${unit === "" ? "" : ` <span class="quiet">${escaped(unit)}</span>`}</h3>` +
  `<div data-chart="${at}"></div></div>`;

const figureTable = ({ title, figures }: FigureGroup): string =>
  `<div class="card"><h3>${escaped(title)}</h3>${table(
    ["", ""],
    figures.map(({ path, label, value, unit }) => [escaped(label), valueCell(path, value, unit)]),
  )}</div>`;

function phaseTable(phases: readonly Phase[]): string {
  const heads = ["", ...phases.map(({ name }) => name)];
  const cells = (label: string, path: string, unit: Unit, read: (phase: Phase) => number): readonly string[] => [
    escaped(label),
    ...phases.map((phase, at) => valueCell(`phases.${at}.${path}`, read(phase), unit)),
  ];
  const counts = COUNT_NAMES.filter((name) => phases.some(({ totals }) => totals[name] > 0)).map((name) =>
    cells(name, `totals.${name}`, "count", ({ totals }) => totals[name]),
  );
  const times = HISTOGRAM_NAMES.filter((name) => phases.some(({ latencies }) => latencies[name].count > 0)).map(
    (name) => cells(`${name} p99`, `latencies.${name}.p99Ms`, "ms", ({ latencies }) => latencies[name].p99Ms),
  );
  return table(heads, [...counts, ...times]);
}

const examples = (said: readonly string[]): string =>
  said.length === 0
    ? ""
    : `<h2>For example</h2><ul>${said.map((example) => `<li>${escaped(example)}</li>`).join("")}</ul>`;
