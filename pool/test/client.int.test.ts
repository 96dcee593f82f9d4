import { join } from "node:path";
import { browserWorld, memoryKeep } from "@whisper/shared/client/browser-world";
import type { ClientWorld, Line, View, WhisperClient } from "@whisper/shared/client/view";
import { createWhisperClient } from "@whisper/shared/client/whisper-client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startWorld, type World } from "../world/world.ts";
import { type CuttingProxy, cuttingProxy } from "./support/cutting-proxy.ts";

const root = join(import.meta.dirname, "../..");
const { PATH = "", HOME = "" } = process.env;
const START_MS = 60_000;
let world: World;
const closers: (() => void)[] = [];

beforeAll(async () => {
  const ports = { edgePort: 0, poolPorts: 0, opsPorts: 0 };
  const ways = { root, env: { PATH, HOME }, say: () => {}, onLog: () => {} };
  const limits = { textsPerWindow: 100_000 };
  world = await startWorld({ engine: "embedded", pools: 1, shards: 1, ...ports, ...ways, limits });
}, START_MS);
afterAll(async () => {
  for (const close of closers) close();
  expect(await world?.stop()).toEqual([]);
}, START_MS);

/** A browser's tab: it can be reloaded at any moment, and its network can be cut. */
class Tab {
  readonly #keeps = { tab: memoryKeep(), device: memoryKeep() };
  #proxy: CuttingProxy | undefined;
  #client: WhisperClient;
  #leave = (): void => {};

  constructor() {
    this.#client = this.#open();
    closers.push(() => this.#close());
  }
  get view(): View {
    return this.#client.view();
  }
  get client(): WhisperClient {
    return this.#client;
  }
  /** How many ends of connections were cut. */
  cut(): number {
    return this.#proxy?.cutAll() ?? 0;
  }
  /** The page goes without a word, and is opened again with what the tab kept. */
  reload(): void {
    this.#leave();
    this.cut();
    this.#client = this.#open();
    this.#client.connect();
  }
  #close(): void {
    this.#leave();
    this.#client.close();
    this.#proxy?.close();
  }

  #open(): WhisperClient {
    let isGone = false;
    this.#leave = () => {
      isGone = true;
    };
    const node = browserWorld(world.edgeUrl);
    const { tab, device } = this.#keeps;
    const alive: ClientWorld = {
      ...node,
      // A page that is gone does nothing more: no timer fires, no answer arrives, nothing is kept.
      setTimer: (run, delayMs) => node.setTimer(() => void (isGone || run()), delayMs),
      fetch: async (url, init) => {
        const answer = await this.#viaProxy(String(url), init);
        return isGone ? new Promise<Response>(() => {}) : answer;
      },
      tab: { ...tab, setItem: (key, value) => void (isGone || tab.setItem(key, value)) },
      device,
    };
    return createWhisperClient(alive);
  }
  async #viaProxy(url: string, init: RequestInit | undefined): Promise<Response> {
    const answer = await fetch(`${url}?region=eu-west`, init ?? {});
    const pass = (await answer.json()) as { readonly endpoints?: readonly { readonly url: string }[] };
    const first = pass.endpoints?.[0];
    if (first === undefined) return Response.json(pass, { status: answer.status });
    this.#proxy ??= await cuttingProxy(Number(new URL(first.url).port));
    const port = this.#proxy.port;
    const endpoints = pass.endpoints?.map((one) => ({ ...one, url: one.url.replace(/:\d+/, `:${port}`) }));
    return Response.json({ ...pass, endpoints });
  }
}

async function meet(interest: string): Promise<readonly [Tab, Tab]> {
  const tabs = [new Tab(), new Tab()] as const;
  for (const { client } of tabs) client.seek([interest]);
  for (const tab of tabs) await expect.poll(() => tab.view.now.scene, { timeout: 10_000 }).toBe("proposed");
  for (const { client } of tabs) client.accept();
  for (const tab of tabs) await expect.poll(() => tab.view.now.scene, { timeout: 10_000 }).toBe("chatting");
  return tabs;
}
const of = (from: Line["from"], view: View): readonly string[] =>
  view.transcript.filter((line) => line.from === from).map((line) => line.text);

test("[C20] two real clients on real sockets, cut and reloaded again and again: every text once, in order", async () => {
  const [a, b] = await meet("storms");
  let said = 0;
  let cuts = 0;
  for (let i = 0; i < 60; i++) {
    const tab = i % 2 === 0 ? a : b;
    for (let n = 0; n <= i % 3; n++) if (tab.client.say(`text ${said}`)) said++;
    if (i % 7 === 3) cuts += a.cut();
    if (i % 11 === 5) cuts += b.cut();
    if (i % 13 === 6) a.reload();
    if (i % 17 === 8) b.reload();
    await new Promise((next) => setTimeout(next, 100));
  }
  const isCalm = (): boolean =>
    [a, b].every(({ view }) => view.transcript.every((line) => line.from === "partner" || line.state === "delivered"));
  await expect.poll(isCalm, { timeout: 60_000, interval: 100 }).toBe(true);
  expect(cuts).toBeGreaterThan(5);
  expect(of("partner", b.view)).toEqual(of("me", a.view));
  expect(of("partner", a.view)).toEqual(of("me", b.view));
  expect(a.view.transcript.length).toBe(said);
}, 120_000);

test("[C12] reloaded while proposed and while seeking, both still meet", async () => {
  const [a, b] = [new Tab(), new Tab()];
  a.client.seek(["patience"]);
  await expect.poll(() => a.view.connection, { timeout: 10_000 }).toBe("open");
  a.reload();
  await expect.poll(() => a.view.connection, { timeout: 10_000 }).toBe("open");
  b.client.seek(["patience"]);
  for (const tab of [a, b]) await expect.poll(() => tab.view.now.scene, { timeout: 10_000 }).toBe("proposed");
  b.client.accept();
  b.reload();
  await expect.poll(() => b.view.now.scene, { timeout: 10_000 }).toBe("proposed");
  await expect.poll(() => b.view.connection, { timeout: 10_000 }).toBe("open");
  b.client.accept();
  a.client.accept();
  for (const tab of [a, b]) await expect.poll(() => tab.view.now.scene, { timeout: 10_000 }).toBe("chatting");
}, 60_000);

test("[C16] where no pool can be reached, both come in through the edge, and talk", async () => {
  const blocked: typeof fetch = async (url, init) => {
    const answer = await fetch(`${String(url)}?region=eu-west`, init);
    const pass = (await answer.json()) as { readonly endpoints: readonly object[] };
    return Response.json({ ...pass, endpoints: pass.endpoints.map((one) => ({ ...one, url: "ws://127.0.0.1:9/" })) });
  };
  const clients = [0, 1].map(() => {
    const ways = { fetch: blocked, tab: memoryKeep(), device: memoryKeep(), chance: () => 0.1 };
    const client = createWhisperClient({ ...browserWorld(world.edgeUrl), ...ways });
    closers.push(() => client.close());
    client.seek(["walls"]);
    return client;
  });
  for (const one of clients) await expect.poll(() => one.view().now.scene, { timeout: 15_000 }).toBe("proposed");
  for (const one of clients) one.accept();
  for (const one of clients) await expect.poll(() => one.view().now.scene, { timeout: 15_000 }).toBe("chatting");
  for (const one of clients) one.say("over the wall");
  for (const one of clients) await expect.poll(() => of("partner", one.view())).toEqual(["over the wall"]);
}, 60_000);
