import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startWorld, type World } from "../world/world.ts";
import { connect, type Pass } from "./support/ask-edge.ts";
import { lives, treeOf } from "./support/processes.ts";
import { Stranger } from "./support/stranger.ts";
import { until } from "./support/until.ts";

const { PATH = "", HOME = "" } = process.env;
const START_MS = 90_000;
let world: World;
const strangers: Stranger[] = [];
let lost: string | undefined;

beforeAll(async () => {
  world = await startWorld({
    engine: "real",
    regions: ["eu-west", "us-east"],
    pools: 2,
    shards: 2,
    edgePort: 0,
    poolPorts: 0,
    opsPorts: 0,
    root: join(import.meta.dirname, "../.."),
    env: { PATH, HOME },
    say: () => {},
    onLog: () => {},
  });
  void world.lost.then((what) => {
    lost = what;
  });
}, START_MS);
afterAll(async () => {
  for (const stranger of strangers) stranger.leave();
  expect(await world?.stop()).toEqual([]);
}, START_MS);

/** A pass for a pool of this name, asked for as often as chance and the age of the edge's directory need. */
async function passTo(region: string, pool: string): Promise<Pass> {
  let found: Pass | undefined;
  await until(`the edge sends somebody to ${region}/${pool}`, async () => {
    const pass = await connect(world.edgeUrl, {}, `?region=${region}`);
    if (pass.endpoints[0]?.pool === pool && pass.endpoints[0].region === region) found = pass;
    return found !== undefined;
  });
  if (found === undefined) throw new Error("a pass was found");
  return found;
}

async function open(pass: Pick<Pass, "endpoints" | "ticket">): Promise<Stranger> {
  const stranger = await Stranger.enter(pass);
  strangers.push(stranger);
  return stranger;
}

async function enter(region: string, pool: string): Promise<Stranger> {
  const stranger = await open(await passTo(region, pool));
  await stranger.next("session_created");
  return stranger;
}

async function pair(a: Stranger, b: Stranger, interest: string): Promise<string> {
  for (const one of [a, b]) one.say({ type: "find_match", interests: [interest] });
  const [found] = await Promise.all([a.next("match_found"), b.next("match_found")]);
  for (const one of [a, b]) one.say({ type: "accept_match", chat_id: found.chat_id });
  await Promise.all([a.next("match_accepted"), b.next("match_accepted")]);
  return String(found.chat_id);
}

test("two regions of two pools of two shards are up, each pool with its operators' port", async () => {
  expect(world.pools.map(({ region, pool }) => `${region}/${pool}`)).toEqual([
    "eu-west/p1",
    "eu-west/p2",
    "us-east/p1",
    "us-east/p2",
  ]);
  for (const { pid, opsUrl } of world.pools) {
    expect(treeOf(pid)).toHaveLength(3);
    expect(await (await fetch(`${opsUrl}/metrics`)).text()).toMatch(/^whisper_shards_up\{.*\} 2$/m);
  }
});

test("people of two pools meet and talk", async () => {
  const [a, b] = [await enter("eu-west", "p1"), await enter("eu-west", "p2")];
  const chat = await pair(a, b, "rivers");
  a.say({ type: "message", chat_id: chat, text: "over there?", id: 1 });
  expect(await b.next("message")).toMatchObject({ text: "over there?", id: 1 });
  b.say({ type: "received", chat_id: chat, id: 1 });
  expect(await a.next("delivered")).toMatchObject({ id: 1 });
});

test("kill -9 of a shard in mid-chat: both come back into the chat, on any pool, and the world stands", async () => {
  const pass = await passTo("us-east", "p1");
  const [a, b] = [await open(pass), await enter("us-east", "p2")];
  await a.next("session_created");
  const chat = await pair(a, b, "mountains");
  const [, ...shards] = treeOf(world.pools.find(({ region }) => region === "us-east")?.pid ?? 0);
  for (const pid of shards) process.kill(pid, "SIGKILL");
  await a.end();
  await b.next("partner_away");
  const again = await connect(
    world.edgeUrl,
    { session: pass.session, device: pass.device, avoid: ["p1"] },
    "?region=us-east",
  );
  const back = await open(again);
  expect(await back.next("session_created")).toMatchObject({ session_id: pass.session_id, resume: true });
  expect(await back.next("resumed")).toMatchObject({ place: "chatting", chat_id: chat });
  await b.next("partner_back");
  b.say({ type: "message", chat_id: chat, text: "there you are", id: 1 });
  expect(await back.next("message")).toMatchObject({ text: "there you are" });
  const pid = world.pools.find(({ region }) => region === "us-east")?.pid ?? 0;
  await until("its shards are back", () => treeOf(pid).length === 3 && !shards.some(lives));
  expect(lost).toBeUndefined();
}, 30_000);

test("somebody whose home is another region is known here too, over the gateways", async () => {
  const pass = await passTo("eu-west", "p1");
  const first = await open(pass);
  await first.next("session_created");
  const known = { session: pass.session, device: pass.device };
  const there = await connect(world.edgeUrl, known, "?region=us-east");
  expect(there.endpoints[0]?.region).toBe("us-east");
  const second = await open(there);
  expect(await second.next("session_created")).toMatchObject({ session_id: pass.session_id, resume: true });
  expect(await first.end()).toMatchObject({ code: 4302 });
});

test("a drained pool moves its people on in mid-chat, socket first, and takes people again when that is undone", async () => {
  // Those of the tests before do not know that they should move.
  for (const stranger of strangers.splice(0)) stranger.leave();
  const pass = await passTo("us-east", "p1");
  const [a, b] = [await open(pass), await enter("us-east", "p2")];
  await a.next("session_created");
  const chat = await pair(a, b, "bridges");
  const { opsUrl = "" } = world.pools.find(({ region, pool }) => region === "us-east" && pool === "p1") ?? {};
  const order = (method: string): Promise<Response> =>
    fetch(`${opsUrl}/drain`, { method, headers: { "x-whisper-ops": "1" } });
  expect((await order("POST")).status).toBe(200);
  const moving = await a.next("moving");
  const [endpoint] = moving.endpoints as Pass["endpoints"];
  expect(endpoint).toMatchObject({ region: "us-east", pool: "p2" });
  const moved = await open({ endpoints: moving.endpoints as Pass["endpoints"], ticket: String(moving.ticket) });
  expect(await moved.next("resumed")).toMatchObject({ place: "chatting", chat_id: chat });
  a.leave();
  await b.next("partner_back");
  b.say({ type: "message", chat_id: chat, text: "still here", id: 1 });
  expect(await moved.next("message")).toMatchObject({ text: "still here", id: 1 });
  const state = async () => (await (await fetch(`${opsUrl}/drain`)).json()) as { readonly state: string };
  await until("nobody is left", async () => (await state()).state === "done");
  expect(await state()).toMatchObject({ left: 0, closed: 0 });
  expect((await order("DELETE")).status).toBe(200);
  await enter("us-east", "p1");
}, 30_000);

test("a gateway that dies costs a region its way to the other, until it is back, and nothing at home", async () => {
  const gateway = world.mortals.find(({ kind, region }) => kind === "gateway" && region === "eu-west");
  const pass = await passTo("eu-west", "p2");
  await (await open(pass)).next("session_created");
  await gateway?.kill();
  const [a, b] = [await enter("eu-west", "p1"), await enter("eu-west", "p2")];
  await pair(a, b, "islands");
  const known = { session: pass.session, device: pass.device };
  const away = await open(await connect(world.edgeUrl, known, "?region=us-east"));
  expect(await away.end()).toMatchObject({ code: 4102 });
  await gateway?.start();
  await until("the way is there again", async () => {
    const one = await open(await connect(world.edgeUrl, known, "?region=us-east"));
    return one.next("session_created", 4_000).then(
      () => true,
      () => false,
    );
  });
  expect(lost).toBeUndefined();
}, 40_000);
