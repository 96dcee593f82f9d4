import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { words } from "../words.ts";
import { launchChromium } from "./support/chromium.ts";
import { type Served, serveScripted } from "./support/serve.ts";

let served: Served;
let browser: Browser;
let page: Page;
let faults: string[];

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
});
afterEach(async () => {
  await page.close();
  expect(faults).toEqual([]); // an error of ours, or a breach of the policy
});

const open = async (moment: string): Promise<void> => {
  await page.goto(`${served.url}/#${moment}`);
  await page.locator("main").waitFor();
};
const asked = (): Promise<readonly string[]> => page.evaluate("[...scripted.asked]");
/** Runs in the page, where `scripted` is the client and `view` its view. */
const script = (code: string): Promise<unknown> =>
  page.evaluate(`{ const view = scripted.view(); ${code}; undefined }`);
const box = () => page.getByRole("textbox", { name: words.chat.compose });
/** Scrolls as a reader does, and comes back when the page has noticed. */
const readUpTo = (log: Locator, top: number): Promise<void> =>
  log.evaluate(
    (element, to) =>
      new Promise<void>((resolve) => {
        element.addEventListener("scroll", () => resolve(), { once: true });
        element.scrollTo(0, to);
      }),
    top,
  );
const focused = (): Promise<string> =>
  page.evaluate("document.activeElement?.ariaLabel ?? document.activeElement?.textContent ?? ''");

test("[V11] a text is shown as text: no markup comes alive, no address becomes a link", async () => {
  await open("chat-trouble");
  expect(await page.getByText("<b>bold</b> <img src=x onerror=alert(1)>").count()).toBe(1);
  expect(await page.locator(".bubble b, .bubble img, .bubble a").count()).toBe(0);
});

test("[V12] Enter sends and empties the box, Shift and Enter makes a line, an empty box sends nothing", async () => {
  await open("chat-empty");
  await expect.poll(focused).toBe(words.chat.compose);
  await page.keyboard.press("Enter");
  await page.keyboard.type("one");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("two");
  await page.keyboard.press("Enter");
  expect(await box().inputValue()).toBe("");
  expect((await asked()).filter((call) => call.startsWith("say"))).toEqual(['say ["one\\ntwo"]']);
  await expect.poll(focused).toBe(words.chat.compose);
});

test("[V12] typing is told at the first key, and its end when the text is sent", async () => {
  await open("chat-empty");
  await page.keyboard.type("abc");
  await page.keyboard.press("Enter");
  expect((await asked()).filter((call) => call.startsWith("typing"))).toEqual(["typing [true]", "typing [false]"]);
});

test("[V13] while texts are limited, what was written stays in the box, and goes when the time is over", async () => {
  await open("chat-empty");
  await page.keyboard.type("patience");
  await script("scripted.set({ slowUntilMs: Date.now() + 1500 })");
  await page.getByText(/You can send in/).waitFor();
  await page.keyboard.press("Enter");
  expect(await box().inputValue()).toBe("patience");
  await script("scripted.set({ slowUntilMs: undefined })");
  await page.getByText(/You can send in/).waitFor({ state: "detached" });
  await page.keyboard.press("Enter");
  expect(await box().inputValue()).toBe("");
});

test("[V13] a text that is too long is counted, and is not sent", async () => {
  await open("chat-empty");
  await box().fill("😀".repeat(2_001));
  await page.getByText("1 too many").waitFor();
  await page.keyboard.press("Enter");
  expect((await asked()).filter((call) => call.startsWith("say"))).toEqual([]);
  await page.keyboard.press("Backspace");
  await page.keyboard.press("Enter");
  expect((await asked()).filter((call) => call.startsWith("say"))).toHaveLength(1);
});

test("[V14] who reads further up is not moved, and is told of new texts; at the end the page follows", async () => {
  await open("chat");
  const log = page.getByRole("log");
  const top = (): Promise<number> => log.evaluate((element) => Math.round(element.scrollTop));
  const left = (): Promise<number> =>
    log.evaluate((element) => Math.round(element.scrollHeight - element.scrollTop - element.clientHeight));
  await expect.poll(left).toBeLessThanOrEqual(1);
  await readUpTo(log, 40);
  await script('scripted.hear("news"); scripted.hear("more news")');
  const button = page.getByRole("button", { name: words.chat.fresh(2) });
  await button.waitFor();
  expect(await top()).toBe(40);
  await button.click();
  await expect.poll(left).toBeLessThanOrEqual(1);
  expect(await button.count()).toBe(0);
  await script('scripted.hear("and more\\n\\n\\n\\n\\n\\nof it")');
  await log.getByText("and more").waitFor();
  await expect.poll(left).toBeLessThanOrEqual(1);
});

test("[V14] one's own text always shows itself, wherever one was reading", async () => {
  await open("chat");
  const log = page.getByRole("log");
  await readUpTo(log, 0);
  await box().fill("mine");
  await page.keyboard.press("Enter");
  await expect
    .poll(() => log.evaluate((element) => element.scrollHeight - element.scrollTop - element.clientHeight))
    .toBeLessThanOrEqual(1);
});

test("[V15] ending and moving on ask for a second press, and a double click is not one", async () => {
  await open("chat");
  await page.getByRole("button", { name: words.chat.next, exact: true }).dblclick();
  const box = await page.getByRole("button", { name: words.chat.nextSure }).boundingBox();
  expect((box?.x ?? 360) + (box?.width ?? 0)).toBeLessThanOrEqual(360); // the question must not leave the screen
  expect((await asked()).filter((call) => call.startsWith("next"))).toEqual([]);
  await page.getByRole("button", { name: words.chat.end, exact: true }).click();
  const sure = page.getByRole("button", { name: words.chat.endSure });
  await sure.waitFor();
  await expect.poll(() => sure.click().then(asked)).toContain("end");
});

test("[V15] Escape twice ends, once does not, and Escape in a dialog only closes the dialog", async () => {
  await open("chat");
  await page.getByRole("button", { name: words.chat.report }).click();
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await expect.poll(focused).toBe(words.chat.report);
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: words.chat.endSure }).waitFor();
  expect(await asked()).not.toContain("end");
  await expect.poll(() => page.keyboard.press("Escape").then(asked)).toContain("end");
});

test("[V16] a report needs a reason, carries what was ticked, and is confirmed by the server alone", async () => {
  await open("ended");
  await page.getByRole("button", { name: words.chat.report }).click();
  const send = page.getByRole("button", { name: words.report.send });
  expect(await send.isDisabled()).toBe(true);
  await page.getByLabel(words.report.reasons.spam).check();
  await page.getByLabel("what did you shoot last?").check();
  await page.getByLabel(words.report.comment).fill(" sells lenses ");
  await send.click();
  await page.getByRole("button", { name: words.report.sending }).waitFor();
  expect(await page.getByText(words.report.received).count()).toBe(0);
  expect(await asked()).toEqual(['report ["spam","sells lenses",["what did you shoot last?"]]']);
  await script('scripted.set({ notice: { no: 1, code: "report_received" } })');
  await page.getByRole("dialog").getByText(words.report.received).waitFor();
  await expect.poll(focused).toBe(words.report.done);
});

test("[V16] a report that is refused says so", async () => {
  await open("chat");
  await page.getByRole("button", { name: words.chat.report }).click();
  await page.getByLabel(words.report.reasons.other).check();
  await page.getByRole("button", { name: words.report.send }).click();
  await script('scripted.set({ notice: { no: 1, code: "report_refused" } })');
  await page.getByRole("dialog").getByText(words.report.refused).waitFor();
});

test("[V16] blocking asks once, works after the end, and cannot be done twice", async () => {
  await open("ended");
  const block = page.getByRole("button", { name: words.chat.block, exact: true });
  await block.click();
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  expect(await asked()).toEqual([]);
  await block.click();
  await page.getByRole("dialog").getByRole("button", { name: words.block.yes }).click();
  expect(await asked()).toEqual(["block"]);
  await page.getByText(words.block.done).waitFor();
  expect(await block.isDisabled()).toBe(true);
});

test("[V17] what a hidden tab hears is in its title and icon until it is shown again", async () => {
  await open("chat");
  const hide = (state: string): Promise<unknown> =>
    script(`Object.defineProperty(document, "visibilityState", { configurable: true, value: "${state}" });
      document.dispatchEvent(new Event("visibilitychange"))`);
  const icon = (): Promise<string | null> => page.locator("link[rel=icon]").getAttribute("href");
  await hide("hidden");
  await script('scripted.hear("psst")');
  await expect.poll(() => page.title()).toBe(words.title.unread(1));
  expect(await icon()).toBe("/icon-unread.svg");
  await hide("visible");
  await expect.poll(() => page.title()).toBe(words.title.chatting);
  expect(await icon()).toBe("/icon.svg");
});

test("[V18] a reload in the middle of a conversation comes in by itself, one at the start does not", async () => {
  await open("chat");
  expect(await asked()).toEqual(["connect"]);
  await page.goto("about:blank");
  await open("landing");
  expect(await asked()).toEqual([]);
});

test("[V19] from start to end by keyboard alone; each scene puts the focus where it begins", async () => {
  await open("landing");
  await page.keyboard.press("Tab");
  await expect.poll(focused).toBe("programming");
  await page.keyboard.press("Space");
  expect(await page.locator("[aria-pressed=true]").allTextContents()).toEqual(["programming"]);
  await page.getByLabel(words.landing.ownLabel).focus();
  await page.keyboard.type("Night Trains");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: words.landing.start }).focus();
  await page.keyboard.press("Enter");
  expect(await asked()).toEqual(['seek [["programming","night trains"],[]]']);
  await script("scripted.set(momentsAt(Date.now()).searching)");
  await expect.poll(focused).toBe(words.searching.heading);
  await page.keyboard.press("Escape");
  expect(await asked()).toContain("cancel");
  await script("scripted.set(momentsAt(Date.now()).proposal)");
  await expect.poll(focused).toBe(words.proposal.accept);
  await page.keyboard.press("Escape"); // turns nobody away
  await page.keyboard.press("Enter");
  expect(await asked()).toContain("accept");
  expect(await asked()).not.toContain("decline");
  await script("scripted.set(momentsAt(Date.now()).chat)");
  await expect.poll(focused).toBe(words.chat.compose);
  await script("scripted.set(momentsAt(Date.now()).ended)");
  await expect.poll(focused).toBe(words.ended.heading.partner_left);
  await page.getByRole("button", { name: words.ended.home }).press("Enter");
  await expect.poll(focused).toBe(words.landing.heading);
});

test("[V19] who is refused can go back to the start, and who is asked to answer hears how long they have", async () => {
  await open("refused");
  await page.getByRole("button", { name: words.refused.home }).click();
  expect(await asked()).toEqual(["cancel", "close"]);
  await page.goto("about:blank");
  await open("proposal");
  const accept = page.getByRole("button", { name: words.proposal.accept });
  const within = await accept.getAttribute("aria-describedby");
  expect(await page.locator(`#${within}`).textContent()).toMatch(/^1[012] seconds to answer$/);
});
