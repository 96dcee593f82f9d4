import { join } from "node:path";
import { browserWorld, memoryKeep } from "@whisper/shared/client/browser-world";
import type { WhisperClient } from "@whisper/shared/client/view";
import { createWhisperClient } from "@whisper/shared/client/whisper-client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startWorld, type World } from "../world/world.ts";
import { until } from "./support/until.ts";

const { PATH = "", HOME = "" } = process.env;
const START_MS = 60_000;
const COUPLES = 8;
const SAY_EVERY_MS = 100;
/** More than can come in one change. */
const NEWEST = 300;
let world: World;
let lost: string | undefined;
const clients: WhisperClient[] = [];

beforeAll(async () => {
  const ports = { edgePort: 0, poolPorts: 0, opsPorts: 0 };
  const ways = { root: join(import.meta.dirname, "../.."), env: { PATH, HOME }, say: () => {}, onLog: () => {} };
  const limits = { textsPerWindow: 100_000 };
  const size = { regions: ["eu-west", "us-east"], pools: 1, shards: 1, nats: 3 };
  world = await startWorld({ engine: "real", ...size, ...ports, ...ways, limits });
  void world.lost.then((what) => {
    lost = what;
  });
}, START_MS);
afterAll(async () => {
  for (const client of clients) client.close();
  expect(await world?.stop()).toEqual([]);
}, START_MS);

function person(region: string): WhisperClient {
  const ways = { tab: memoryKeep(), device: memoryKeep() };
  const fetchThere: typeof fetch = (url, init) => fetch(`${String(url)}?region=${region}`, init);
  const client = createWhisperClient({ ...browserWorld(world.edgeUrl), ...ways, fetch: fetchThere });
  clients.push(client);
  return client;
}

/** Two of two regions in a chat, and how long each text of the one took to the other. */
class Couple {
  readonly a = person("eu-west");
  readonly b = person("us-east");
  /** What the other was shown, and how long each text took. */
  readonly heard: string[] = [];
  readonly delaysMs: number[] = [];
  readonly #saidMs: number[] = [];
  wasAway = 0;

  async meet(no: number): Promise<void> {
    for (const one of [this.a, this.b]) one.seek([`couple ${no}`]);
    for (const one of [this.a, this.b]) await until("a proposal", () => one.view().now.scene === "proposed", 20_000);
    for (const one of [this.a, this.b]) one.accept();
    for (const one of [this.a, this.b]) await until("a chat", () => one.view().now.scene === "chatting");
    this.b.subscribe(({ transcript, now }) => {
      // By their numbers: of a long conversation a client keeps the newest lines only.
      for (const { from, id, text } of transcript.slice(-NEWEST)) {
        if (from !== "partner" || id <= this.heard.length) continue;
        this.heard.push(text);
        this.delaysMs.push(performance.now() - (this.#saidMs[id - 1] ?? 0));
      }
      if (now.scene === "chatting" && now.partnerAwayUntilMs !== undefined) this.wasAway++;
    });
  }
  say(): void {
    if (this.a.say(`text ${this.#saidMs.length}`)) this.#saidMs.push(performance.now());
    this.b.say("yes");
  }
  get said(): readonly string[] {
    return this.#saidMs.map((_, no) => `text ${no}`);
  }
  isCalm(): boolean {
    return [this.a, this.b].every((one) => one.view().transcript.every(({ state }) => state !== "waiting"));
  }
}

test("[S73] kill -9 of each server of a region's bus, in turn, under chats across regions: no text lost, no chat ended", async () => {
  const couples = Array.from({ length: COUPLES }, () => new Couple());
  await Promise.all(couples.map((couple, no) => couple.meet(no)));
  const talk = setInterval(() => {
    for (const couple of couples) couple.say();
  }, SAY_EVERY_MS);
  const servers = world.mortals.filter(({ kind, region }) => kind === "nats" && region === "eu-west");
  expect(servers).toHaveLength(3);
  const notes: string[] = [];
  for (const server of servers) {
    const before = couples.map(({ delaysMs }) => delaysMs.length);
    await server.kill();
    const reporter = couples[0]?.a;
    const told = reporter?.view().notice?.no ?? 0;
    reporter?.report("spam", `while ${notes.length} is away`);
    await until("texts go on in every chat", () =>
      couples.every(({ delaysMs }, at) => delaysMs.length > (before[at] ?? 0) + 20),
    );
    await until("the report is kept", () => (reporter?.view().notice?.no ?? 0) > told, 20_000);
    expect(reporter?.view().notice?.code).toBe("report_received");
    await server.start();
    const late = couples.flatMap(({ delaysMs }, at) => delaysMs.slice(before[at])).sort((x, y) => x - y);
    notes.push(
      `${late.length} texts, median ${late[late.length >> 1]?.toFixed(0)} ms, worst ${late.at(-1)?.toFixed(0)} ms`,
    );
  }
  clearInterval(talk);
  await until("everything is delivered", () => couples.every((couple) => couple.isCalm()), 20_000);
  for (const { a, b, said, heard } of couples) {
    expect(heard).toEqual(said);
    for (const one of [a, b]) expect(one.view().now.scene).toBe("chatting");
  }
  process.stdout.write(`${notes.join("\n")}\naway ${couples.reduce((sum, { wasAway }) => sum + wasAway, 0)}\n`);
  expect(lost).toBeUndefined();
}, 60_000);
