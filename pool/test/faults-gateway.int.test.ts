import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startWorld, type World } from "../world/world.ts";
import { connect } from "./support/ask-edge.ts";
import { Stranger } from "./support/stranger.ts";

// Time runs twenty times as fast: a minute of grace is 3 s here, three of silence 9 s, five of another region 15 s.
const TIMES = 20;
const SPANS = { graceMs: 60_000 / TIMES, silenceMs: 180_000 / TIMES, partitionMs: 300_000 / TIMES };
/** Four minutes. */
const CUT_MS = 240_000 / TIMES;
const { PATH = "", HOME = "" } = process.env;
const START_MS = 90_000;
let world: World;
const strangers: Stranger[] = [];

beforeAll(async () => {
  world = await startWorld({
    engine: "real",
    regions: ["eu-west", "us-east"],
    pools: 1,
    shards: 1,
    edgePort: 0,
    poolPorts: 0,
    opsPorts: 0,
    root: join(import.meta.dirname, "../.."),
    env: { PATH, HOME },
    limits: SPANS,
    say: () => {},
    onLog: () => {},
  });
}, START_MS);
afterAll(async () => {
  for (const stranger of strangers) stranger.leave();
  expect(await world?.stop()).toEqual([]);
}, START_MS);

async function enter(region: string): Promise<Stranger> {
  const one = await Stranger.enter(await connect(world.edgeUrl, {}, `?region=${region}`));
  strangers.push(one);
  return one;
}

/** Strangers of two regions are looked for at each other's desk from ten seconds on. */
async function meetAcross(a: Stranger, b: Stranger): Promise<string> {
  let chat = "";
  for (const one of [a, b]) {
    await one.next("session_created");
    one.say({ type: "find_match", interests: ["partitions"] });
  }
  for (const one of [a, b]) {
    chat = String((await one.next("match_found", 20_000)).chat_id);
    one.say({ type: "accept_match", chat_id: chat });
  }
  for (const one of [a, b]) await one.next("match_accepted");
  return chat;
}

test("[G63] a gateway away for 4 min is a partition, not a departure: no chat across it ends, and texts go on after", async () => {
  const [a, b] = [await enter("eu-west"), await enter("us-east")];
  const chat_id = await meetAcross(a, b);
  const gateway = world.mortals.find(({ kind, region }) => kind === "gateway" && region === "us-east");
  if (gateway === undefined) throw new Error("two regions have gateways");
  a.say({ type: "message", chat_id, id: 1, text: "before" });
  expect(await b.next("message")).toMatchObject({ id: 1 });

  await gateway.kill();
  a.say({ type: "message", chat_id, id: 2, text: "meanwhile" });
  // Silence is shown, with the patience that another region has; a minute and three minutes pass.
  for (const one of [a, b]) expect(await one.next("partner_away", CUT_MS)).toMatchObject({ grace: 15 });
  await pause(CUT_MS);
  await gateway.start();

  for (const one of [a, b]) await one.next("partner_back", 30_000);
  // What a client does when it hears that: it says again what nobody confirmed.
  a.say({ type: "message", chat_id, id: 2, text: "meanwhile" });
  expect(await b.next("message")).toMatchObject({ id: 2, text: "meanwhile" });
  b.say({ type: "message", chat_id, id: 1, text: "after" });
  expect(await a.next("message")).toMatchObject({ id: 1, text: "after" });
  for (const one of [a, b]) expect(one.heard.filter(({ type }) => type === "partner_left")).toEqual([]);
}, 120_000);
