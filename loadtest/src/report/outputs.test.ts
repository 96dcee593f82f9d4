import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { reportOf } from "../../test/support/sample-report.ts";
import { UsageFault } from "../plan/usage-fault.ts";
import { checkOutputs, readReportFile, writeOutputs } from "./outputs.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "whisper-outputs-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const check = (json?: string, html?: string) => () => checkOutputs({ json, html });

test("[Y1] files that can be written pass, and looking writes none of them", () => {
  writeFileSync(join(folder, "old.json"), "old");
  check(join(folder, "new.json"), join(folder, "new.html"))();
  check(join(folder, "old.json"))();
  check()();
  expect(readdirSync(folder)).toEqual(["old.json"]);
  expect(readFileSync(join(folder, "old.json"), "utf8")).toBe("old");
});

test("[Y1] files that cannot are refused with what to do", () => {
  expect(check("")).toThrow("write such as --json run.json");
  expect(check(folder)).toThrow("is a folder: write a file in it");
  expect(check(undefined, join(folder, "no", "run.html"))).toThrow(
    `there is no folder ${join(folder, "no")}: make it first`,
  );
  expect(check(join(folder, "a"), join(folder, ".", "a"))).toThrow("name the same file: write two");
  writeFileSync(join(folder, "file"), "");
  expect(check(join(folder, "file", "run.json"))).toThrow(UsageFault);
  expect(check("/proc/run.json"), "nobody makes files there, root neither").toThrow("write a file elsewhere");
});

test("[Y10] what --json wrote is read back; anything else is refused with what to write", () => {
  const json = join(folder, "run.json");
  const report = reportOf();
  writeOutputs(report, { json, html: join(folder, "run.html") });
  expect(readReportFile(json)).toMatchObject(JSON.parse(JSON.stringify(report)));
  expect(readFileSync(join(folder, "run.html"), "utf8")).toContain("<!doctype html>");
  expect(() => readReportFile(join(folder, "run.html"))).toThrow("write a file that --json made");
  expect(() => readReportFile(join(folder, "none.json"))).toThrow("cannot be read: write two files");
});

test("nothing is written that was not asked for", () => {
  writeOutputs(reportOf(), { json: undefined, html: undefined });
  expect(existsSync(folder) && readdirSync(folder)).toEqual([]);
});
