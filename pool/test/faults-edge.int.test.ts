import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { DIRECTORY_STALE_MS, POOL_SILENT_MS } from "@whisper/shared/limits";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Mortal } from "../world/mortal.ts";
import { startWorld, type World } from "../world/world.ts";
import { connect, type Pass } from "./support/ask-edge.ts";
import { meet } from "./support/meet.ts";
import { Stranger } from "./support/stranger.ts";
import { until } from "./support/until.ts";

const { PATH = "", HOME = "" } = process.env;
const START_MS = 90_000;
/** A pool that was silent for so long takes nobody, if its silence is measured by another clock than the copy's. */
const AWAY_MS = POOL_SILENT_MS + 1_000;
const KNOCK_EVERY_MS = 1_000;
let world: World;
const strangers: Stranger[] = [];

beforeAll(async () => {
  world = await startWorld({
    engine: "real",
    regions: ["eu-west"],
    pools: 2,
    shards: 1,
    edgePort: 0,
    poolPorts: 0,
    opsPorts: 0,
    root: join(import.meta.dirname, "../.."),
    env: { PATH, HOME },
    limits: { textsPerWindow: 1_000_000 },
    say: () => {},
    onLog: () => {},
  });
}, START_MS);
afterAll(async () => {
  for (const stranger of strangers) stranger.leave();
  expect(await world?.stop()).toEqual([]);
}, START_MS);

function mortalOf(kind: Mortal["kind"]): Mortal {
  const found = world.mortals.find((one) => one.kind === kind);
  if (found === undefined) throw new Error(`this world has no ${kind}`);
  return found;
}
async function enter(pass?: Pass): Promise<Stranger> {
  const one = await Stranger.enter(pass ?? (await connect(world.edgeUrl)));
  strangers.push(one);
  return one;
}
/** By the edge's own socket, for people whose network lets no other through. */
function relayed({ ticket }: Pass): Stranger {
  const one = Stranger.withTicket(`${world.edgeUrl.replace("http", "ws")}/ws`, ticket);
  strangers.push(one);
  return one;
}
async function said(path: string): Promise<Readonly<Record<string, unknown>>> {
  return (await (await fetch(`${world.edgeUrl}${path}`)).json()) as Readonly<Record<string, unknown>>;
}
async function talk(from: Stranger, to: Stranger, chat: string, id: number): Promise<void> {
  from.say({ type: "message", chat_id: chat, text: `text ${id}`, id });
  expect(await to.next("message")).toMatchObject({ text: `text ${id}`, id });
}

test("[E40] an edge that dies costs those whom it relays their sockets, which they get back with their chat; others notice nothing", async () => {
  const [a, b] = [await enter(), await enter()];
  const chat = await meet(a, b);
  const pass = await connect(world.edgeUrl);
  const [near, far] = [await enter(), relayed(pass)];
  const other = await meet(near, far);
  await talk(near, far, other, 1);
  await mortalOf("edge").kill();
  await far.end();
  await near.next("partner_away");
  await talk(a, b, chat, 1);
  await expect(connect(world.edgeUrl)).rejects.toThrow();
  await mortalOf("edge").start();
  const back = relayed(await connect(world.edgeUrl, { session: pass.session, device: pass.device }));
  expect(await back.next("session_created")).toMatchObject({ session_id: pass.session_id, resume: true });
  expect(await back.next("resumed")).toMatchObject({ place: "chatting", chat_id: other });
  await near.next("partner_back");
  await talk(near, back, other, 2);
  await talk(b, a, chat, 1);
  for (const one of [a, b, near, back]) expect(one.all("partner_left")).toEqual([]);
}, 60_000);

test("[E41] with Upstash away newcomers come in by the edge's copy, however old; once it is back, pools are told of anew", async () => {
  const [a, b] = [await enter(), await enter()];
  const chat = await meet(a, b);
  const present = (): number => strangers.filter(({ closed }) => closed === undefined).length;
  const countsAll = async (): Promise<boolean> => (await said("/v1/online")).count === present();
  await until("the edge counts everybody", countsAll, 15_000);
  const before = present();
  await mortalOf("directory").kill();
  const downMs = performance.now();
  let entered = 0;
  while (performance.now() - downMs < AWAY_MS) {
    const one = await enter();
    await one.next("session_created");
    entered++;
    await talk(a, b, chat, entered);
    await pause(KNOCK_EVERY_MS);
  }
  expect(entered).toBeGreaterThan(AWAY_MS / KNOCK_EVERY_MS / 4);
  expect(Number((await said("/healthz")).directory_age_ms)).toBeGreaterThan(DIRECTORY_STALE_MS);
  expect((await said("/v1/online")).count).toBe(before);
  const { regions } = (await said("/v1/regions")) as { readonly regions: readonly { readonly state: string }[] };
  expect(regions.map(({ state }) => state)).toEqual(["up"]);
  await mortalOf("directory").start();
  // Only a clerk that publishes again can tell of those who came meanwhile.
  await until("the edge counts everybody again", countsAll, 15_000);
  expect(Number((await said("/healthz")).directory_age_ms)).toBeLessThan(DIRECTORY_STALE_MS);
}, 60_000);
