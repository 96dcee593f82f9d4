import { closeSync, existsSync, openSync, readFileSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Report } from "../plan/plan.ts";
import { UsageFault } from "../plan/usage-fault.ts";
import { readReport, reportText } from "./json.ts";
import { pageOf } from "./page/page.ts";
import { readPageParts } from "./page/page-parts.ts";

/** Files that a run is to leave; `undefined`: none of the kind. */
export type Outputs = { readonly json: string | undefined; readonly html: string | undefined };

/** Refuses files that could not be written when the run is over. Leaves what is there as it is, and makes no folder. */
export function checkOutputs({ json, html }: Outputs): void {
  if (json !== undefined) checkFile("--json", json);
  if (html !== undefined) checkFile("--html", html);
  if (json !== undefined && html !== undefined && resolve(json) === resolve(html))
    throw new UsageFault("--json and --html name the same file: write two");
}

function checkFile(option: string, file: string): void {
  if (file === "") throw new UsageFault(`${option} names no file: write such as ${option} run${extension(option)}`);
  const path = resolve(file);
  if (existsSync(path) && statSync(path).isDirectory())
    throw new UsageFault(`${option} ${file} is a folder: write a file in it, such as ${file}/run${extension(option)}`);
  const folder = dirname(path);
  if (!existsSync(folder)) throw new UsageFault(`${option} ${file}: there is no folder ${folder}: make it first`);
  const isNew = !existsSync(path);
  try {
    // Only opening it tells: permissions bind nobody who is root, and a file system may be read-only.
    closeSync(openSync(path, "a"));
    if (isNew) unlinkSync(path);
  } catch (error) {
    throw new UsageFault(`${option} ${file} cannot be written: write a file elsewhere`, { cause: error });
  }
}

const extension = (option: string): string => (option === "--json" ? ".json" : ".html");

/** Writes what was asked for. */
export function writeOutputs(report: Report, { json, html }: Outputs): void {
  if (json !== undefined) writeFileSync(json, reportText(report));
  if (html !== undefined) writeFileSync(html, pageOf(report, readPageParts()));
}

/** Reads a file that `--json` wrote; anything else is a usage fault. */
export function readReportFile(file: string): Report {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageFault(`${file} cannot be read: write two files that --json made`, { cause: error });
  }
  const report = readReport(text);
  if (!report.ok) throw new UsageFault(`${file} is no result of a load test: write a file that --json made`);
  return report.value;
}
