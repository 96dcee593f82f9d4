import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { words } from "../words.ts";
import { launchChromium } from "./support/chromium.ts";
import { type Served, serveScripted } from "./support/serve.ts";

let served: Served;
let browser: Browser;
let page: Page;
let faults: string[];
const abroad: string[] = [];

beforeAll(async () => {
  served = await serveScripted(3);
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
  await served?.stop();
});
beforeEach(async () => {
  page = await browser.newPage({ viewport: { width: 360, height: 740 } });
  faults = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (line) => line.type() === "error" && faults.push(line.text()));
  page.on("request", (request) => request.url().startsWith(served.url) || abroad.push(request.url()));
});
afterEach(async () => {
  await page.close();
  expect(faults).toEqual([]); // an error of ours, or a breach of the policy
});

const open = async (moment: string): Promise<void> => {
  await page.goto(`${served.url}/#${moment}`);
  await page.locator("main").waitFor();
};

test.each(["landing", "searching-declined", "proposal", "chat-trouble", "ended", "banned", "refused"])(
  "[V20] %s fits 360 pixels, and every control has a name and one heading leads it",
  async (moment) => {
    await open(moment);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(360);
    expect(await page.locator("h1").count()).toBe(1);
    expect(await page.locator("main").count()).toBe(1);
    const nameless = await page.locator("button, input, textarea, summary").evaluateAll(
      (all) =>
        all.filter((one) => {
          const label = one.getAttribute("aria-label") ?? one.closest("label")?.textContent ?? one.textContent ?? "";
          return label.trim() === "";
        }).length,
    );
    expect(nameless).toBe(0);
    const small = await page
      .locator("main button:visible")
      .evaluateAll((all) =>
        all.filter((one) => Math.round(one.getBoundingClientRect().height) < 40).map((one) => one.textContent),
      );
    expect(small).toEqual([]);
  },
);

test("[V21] no scene asks another host; only a challenge asks Turnstile, and says when it cannot", async () => {
  abroad.length = 0;
  for (const moment of ["landing", "searching", "chat-trouble", "ended"]) {
    await open(moment);
    await page.goto("about:blank");
  }
  expect(abroad).toEqual([]);
  await open("challenge");
  await page.getByText(words.challenge.failed).waitFor();
  expect(faults.filter((fault) => !fault.includes("challenges.cloudflare.com"))).toEqual([]);
  expect(faults.length).toBeGreaterThan(0); // the policy of this test has no room for it
  faults = [];
});
