import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { words } from "../words.ts";
import { launchChromium } from "./support/chromium.ts";
import { type Product, startProduct } from "./support/product.ts";

// Two people in two browsers on the whole product: page, edge on workerd, pool, desk. Nothing here is scripted.

let product: Product;
let browser: Browser;
const faults: string[] = [];

beforeAll(async () => {
  const { PATH = "", HOME = "" } = process.env;
  [product, browser] = await Promise.all([startProduct({ PATH, HOME }), launchChromium()]);
}, 90_000);
afterAll(async () => {
  await browser?.close();
  await product?.stop();
}, 30_000);

/** Somebody with a browser of their own. */
async function arrive(width: number, height: number): Promise<Page> {
  const context = await browser.newContext({ viewport: { width, height } });
  const page = await context.newPage();
  page.setDefaultTimeout(25_000);
  page.on("pageerror", (error) => faults.push(String(error)));
  await page.goto(product.url);
  return page;
}

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const composer = (page: Page) => page.getByRole("textbox", { name: words.chat.compose });
const bubble = (page: Page, said: string) => page.locator(".bubble", { hasText: said });

async function say(page: Page, said: string): Promise<void> {
  await composer(page).fill(said);
  await composer(page).press("Enter");
}

async function meet(a: Page, b: Page, interest: string): Promise<void> {
  for (const page of [a, b]) {
    await button(page, interest).click();
    await button(page, words.landing.start).click();
  }
  for (const page of [a, b]) await button(page, words.proposal.accept).click();
  for (const page of [a, b]) await composer(page).waitFor();
}

/** A second press that comes too soon counts as a double click: presses until the button has done its work. */
async function pressUntilTaken(page: Page, name: string): Promise<void> {
  const sure = button(page, name);
  await sure.waitFor();
  while ((await sure.count()) > 0)
    await sure.evaluateAll((all) => {
      for (const one of all) (one as HTMLElement).click();
    });
}

const bubbles = (page: Page): Promise<string[]> => page.locator(".bubble").allTextContents();

test("[V30] two windows meet and talk; one reloads in mid-chat, and nothing is lost, doubled or out of order", async () => {
  const [desk, phone] = [await arrive(1280, 800), await arrive(360, 740)];
  await meet(desk, phone, "photography");
  await say(desk, "film or digital?");
  await bubble(phone, "film or digital?").waitFor();
  await say(phone, "film, always");
  await bubble(desk, "film, always").waitFor();
  await phone.getByText(words.chat.state.delivered).first().waitFor();

  const gone = phone.reload({ waitUntil: "commit" });
  await say(desk, "are you still there?");
  await gone;
  await bubble(phone, "are you still there?").waitFor();
  await bubble(phone, "film or digital?").waitFor();
  await say(phone, "always was");
  await bubble(desk, "always was").waitFor();
  const want = ["film or digital?", "film, always", "are you still there?", "always was"];
  for (const page of [desk, phone])
    expect((await bubbles(page)).map((text) => want.find((said) => text.includes(said)))).toEqual(want);

  await button(desk, words.chat.end).click();
  await pressUntilTaken(desk, words.chat.endSure);
  await phone.getByRole("heading", { name: words.ended.heading.partner_left }).waitFor();
  expect(faults).toEqual([]);
  for (const page of [desk, phone]) await page.context().close();
}, 90_000);

test("[V31] the whole way by keyboard alone", async () => {
  const [desk, phone] = [await arrive(1280, 800), await arrive(360, 740)];
  for (const page of [desk, phone]) {
    await button(page, "cooking").focus();
    await page.keyboard.press("Space");
    await button(page, words.landing.start).focus();
    await page.keyboard.press("Enter");
  }
  for (const page of [desk, phone]) {
    await button(page, words.proposal.accept).waitFor();
    await button(page, words.proposal.accept).focus();
    await page.keyboard.press("Enter");
  }
  await composer(desk).waitFor();
  await desk.keyboard.type("hands on the keys");
  await desk.keyboard.press("Enter");
  await bubble(phone, "hands on the keys").waitFor();
  expect(faults).toEqual([]);
  for (const page of [desk, phone]) await page.context().close();
}, 90_000);
