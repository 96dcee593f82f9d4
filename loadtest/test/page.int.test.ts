import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeOutputs } from "../src/report/outputs.ts";
import { chartsOf } from "../src/report/page/charts.ts";
import { reportOf } from "./support/sample-report.ts";

// The page of a run, in a browser without a network.

const folder = mkdtempSync(join(tmpdir(), "whisper-page-"));
const file = join(folder, "run.html");
const report = reportOf({ examples: ["</script><script>document.title='broken'</script>"] });
let browser: Browser;

beforeAll(async () => {
  writeOutputs(report, { json: undefined, html: file });
  browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
}, 60_000);
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});

type Seen = { readonly page: Page; readonly requests: readonly string[]; readonly complaints: readonly string[] };

async function look(width: number, colorScheme: "light" | "dark"): Promise<Seen> {
  const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme, offline: true });
  const [requests, complaints]: [string[], string[]] = [[], []];
  page.on("request", (request) => void requests.push(request.url()));
  page.on("pageerror", (error) => void complaints.push(error.message));
  page.on("console", (said) => void complaints.push(said.text()));
  await page.goto(pathToFileURL(file).href);
  await page.locator("canvas").first().waitFor();
  return { page, requests, complaints };
}

test.each([
  [1_280, "light"],
  [390, "dark"],
  [320, "light"],
] as const)(
  "[Y9] at %d pixels, %s, every plot is drawn, nothing is asked for, and nothing sticks out",
  async (width, scheme) => {
    const { page, requests, complaints } = await look(width, scheme);
    expect(await page.locator("canvas").count()).toBe(chartsOf(report).length);
    expect(requests).toEqual([pathToFileURL(file).href]);
    expect(complaints).toEqual([]);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
    expect(await page.title()).toBe("Load test: chat, Held");
    const ground = await page.evaluate("getComputedStyle(document.body).backgroundColor");
    expect(ground).toBe(scheme === "dark" ? "rgb(20, 23, 28)" : "rgb(255, 255, 255)");
    await page.close();
  },
);

test("[Y9] the plots have ink, and take the colours of the dark when it gets dark", async () => {
  const { page } = await look(800, "light");
  const ink = `(() => {
    const canvas = document.querySelector("canvas");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const seen = new Set();
    for (let at = 0; at < data.length; at += 4) if (data[at + 3] === 255) seen.add(data.slice(at, at + 3).join());
    return [...seen];
  })()`;
  expect(await page.evaluate(ink)).toContain("42,120,214");
  await page.emulateMedia({ colorScheme: "dark" });
  await expect.poll(() => page.evaluate(ink)).toContain("90,156,238");
  await page.close();
});
