import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { EngineName } from "../world/plan.ts";
import { startWorld, type World } from "../world/world.ts";
import { connect, type Pass } from "./support/ask-edge.ts";
import { Stranger } from "./support/stranger.ts";

const root = join(import.meta.dirname, "../..");
const { PATH = "", HOME = "" } = process.env;
const START_MS = 60_000;

const openWorld = (engine: EngineName, log: string[]): Promise<World> =>
  startWorld({
    engine,
    pools: 1,
    shards: 1,
    edgePort: 0,
    poolPorts: 0,
    opsPorts: 0,
    root,
    env: { PATH, HOME },
    say: () => {},
    onLog: (piece) => void log.push(piece),
  });

async function pair(a: Stranger, b: Stranger, interests: readonly string[]): Promise<string> {
  for (const one of [a, b]) {
    one.say({ type: "find_match", interests });
    expect((await one.next("matching_started")).timeout).toBeGreaterThan(0);
  }
  const found = await Promise.all([a.next("match_found"), b.next("match_found")]);
  expect(found[0].chat_id).toBe(found[1].chat_id);
  expect(found[0].shared_interests).toEqual(interests);
  const chat = String(found[0].chat_id);
  for (const one of [a, b]) one.say({ type: "accept_match", chat_id: chat });
  await Promise.all([a.next("match_accepted"), b.next("match_accepted")]);
  return chat;
}

describe.each(["embedded", "real"] as const)("on the %s engine", (engine) => {
  let world: World;
  const log: string[] = [];
  const strangers: Stranger[] = [];
  beforeAll(async () => {
    world = await openWorld(engine, log);
  }, START_MS);
  afterAll(async () => {
    for (const stranger of strangers) stranger.leave();
    expect(await world?.stop()).toEqual([]);
  }, START_MS);

  const open = async (pass: Pass): Promise<Stranger> => {
    const stranger = await Stranger.enter(pass);
    strangers.push(stranger);
    return stranger;
  };
  /** Somebody new, or known by what `body` holds, whose session has been made. */
  const enter = async (body: object = {}): Promise<Stranger> => {
    const stranger = await open(await connect(world.edgeUrl, body, "?region=eu-west"));
    expect(await stranger.next("session_created")).toMatchObject({ resume: false });
    return stranger;
  };

  test("two strangers come in, meet, talk with numbers, and see what was delivered", async () => {
    const [a, b] = [await enter(), await enter()];
    const chat = await pair(a, b, ["tea"]);
    a.say({ type: "message", chat_id: chat, text: "hello 👋", id: 1 });
    a.say({ type: "message", chat_id: chat, text: "is anybody there?", id: 2 });
    expect(await b.next("message")).toMatchObject({ from: "partner", text: "hello 👋", id: 1 });
    expect(await b.next("message")).toMatchObject({ from: "partner", text: "is anybody there?", id: 2 });
    b.say({ type: "received", chat_id: chat, id: 2 });
    expect(await a.next("delivered")).toMatchObject({ chat_id: chat, id: 2 });
    b.say({ type: "message", chat_id: chat, text: "yes", id: 1, received: 2 });
    expect(await a.next("message")).toMatchObject({ text: "yes", id: 1 });
    a.say({ type: "received", chat_id: chat, id: 1 });
    expect(await b.next("delivered")).toMatchObject({ id: 1 });
    a.say({ type: "typing", chat_id: chat, is_typing: true });
    expect(await b.next("typing")).toMatchObject({ is_typing: true });
    a.say({ type: "end_chat", chat_id: chat });
    await b.next("partner_left");
  });

  test("two tabs of one browser meet here", async () => {
    const { device } = await connect(world.edgeUrl);
    const [a, b] = [await enter({ device }), await enter({ device })];
    const chat = await pair(a, b, ["mirrors"]);
    a.say({ type: "report", chat_id: chat, reason: "spam" });
    expect(await a.next("report_received")).toMatchObject({ chat_id: chat });
    a.say({ type: "end_chat", chat_id: chat });
    await b.next("partner_left");
  });

  test("somebody whose network goes comes back into the same chat, and nothing is lost", async () => {
    const pass = await connect(world.edgeUrl, {}, "?region=eu-west");
    const [a, b] = [await open(pass), await enter()];
    await a.next("session_created");
    const chat = await pair(a, b, ["rivers"]);
    a.vanish();
    await b.next("partner_away");
    b.say({ type: "message", chat_id: chat, text: "are you back?", id: 1 });
    const again = await connect(world.edgeUrl, { session: pass.session, device: pass.device }, "?region=eu-west");
    const back = await open(again);
    expect(await back.next("session_created")).toMatchObject({ session_id: pass.session_id, resume: true });
    expect(await back.next("resumed")).toMatchObject({ place: "chatting", chat_id: chat });
    await b.next("partner_back");
    b.say({ type: "message", chat_id: chat, text: "are you back?", id: 1 });
    expect(await back.next("message")).toMatchObject({ text: "are you back?", id: 1 });
  });

  test("a ticket lets in once, and only with its own signature", async () => {
    const pass = await connect(world.edgeUrl, {}, "?region=eu-west");
    await (await open(pass)).next("session_created");
    const second = await open(pass);
    expect((await second.end()).code).toBeGreaterThanOrEqual(4200);
    const forged = { ...pass, ticket: `${pass.ticket.slice(0, -8)}AAAAAAAA` };
    await expect(Stranger.enter(forged)).rejects.toThrow("401");
    await expect(Stranger.enter({ ...pass, ticket: "no" })).rejects.toThrow("400");
  });

  test("the sixth text at once is held back, also here", async () => {
    const [a, b] = [await enter(), await enter()];
    const chat = await pair(a, b, ["haste"]);
    for (let id = 1; id <= 6; id++) a.say({ type: "message", chat_id: chat, text: `text ${id}`, id });
    expect(await a.next("rate_limited")).toMatchObject({ retry_after: expect.any(Number) });
  });

  test("an unknown region and a broken body are refused by the edge", async () => {
    await expect(connect(world.edgeUrl, {}, "?region=mars")).rejects.toThrow("404");
    const broken = await fetch(`${world.edgeUrl}/v1/connect`, { method: "POST", body: "{" });
    expect(broken.status).toBe(400);
  });

  test("every pool answers its operators, and its numbers have moved", async () => {
    expect(world.pools.length).toBe(engine === "real" ? 1 : 2);
    for (const { opsUrl, region } of world.pools) {
      expect(await (await fetch(`${opsUrl}/readyz`)).json()).toMatchObject({ ready: true });
      const metrics = await (await fetch(`${opsUrl}/metrics`)).text();
      expect(metrics).toContain(`region="${region}"`);
      if (region === "eu-west") expect(metrics).toMatch(/whisper_messages_total\{type="sent",[^}]*\} [1-9]/);
    }
    const regions = (await (await fetch(`${world.edgeUrl}/v1/regions`)).json()) as {
      readonly regions: readonly object[];
    };
    expect(regions.regions).toHaveLength(world.pools.length);
  });

  // On real servers two regions are looked at in real-world.int.test.ts.
  if (engine === "embedded") {
    const inEach = async (): Promise<readonly Stranger[]> => {
      const both = ["eu-west", "us-east"].map((region) => connect(world.edgeUrl, {}, `?region=${region}`));
      const passes = await Promise.all(both);
      expect(passes.map(({ endpoints }) => endpoints[0]?.region)).toEqual(["eu-west", "us-east"]);
      const strangers = await Promise.all(passes.map(open));
      for (const [at, one] of strangers.entries())
        expect(await one.next("session_created")).toMatchObject({ session_id: passes[at]?.session_id, resume: false });
      return strangers;
    };

    test("people of both regions of the embedded world meet from 10 s on, and talk", async () => {
      const [a, b] = (await inEach()) as [Stranger, Stranger];
      for (const one of [a, b]) one.say({ type: "find_match", interests: ["oceans"] });
      const [found, seen] = await Promise.all([a, b].map((one) => one.next("match_found", 20_000)));
      expect(seen?.chat_id).toBe(found?.chat_id);
      const chat = String(found?.chat_id);
      for (const one of [a, b]) one.say({ type: "accept_match", chat_id: chat });
      for (const one of [a, b]) await one.next("match_accepted");
      a.say({ type: "message", chat_id: chat, text: "over the sea", id: 1 });
      expect(await b.next("message")).toMatchObject({ text: "over the sea", id: 1 });
      b.say({ type: "message", chat_id: chat, text: "and back", id: 1, received: 1 });
      expect(await a.next("message")).toMatchObject({ text: "and back", id: 1 });
      b.say({ type: "end_chat", chat_id: chat });
      await a.next("partner_left");
    }, 40_000);

    test("somebody of the one region goes on in the other, in their chat", async () => {
      const pass = await connect(world.edgeUrl, {}, "?region=us-east");
      const [a, b] = [await open(pass), await open(await connect(world.edgeUrl, {}, "?region=us-east"))];
      for (const one of [a, b]) await one.next("session_created");
      const chat = await pair(a, b, ["bridges"]);
      a.vanish();
      await b.next("partner_away");
      const known = { session: pass.session, device: pass.device };
      const there = await open(await connect(world.edgeUrl, known, "?region=eu-west"));
      expect(await there.next("session_created")).toMatchObject({ session_id: pass.session_id, resume: true });
      expect(await there.next("resumed")).toMatchObject({ place: "chatting", chat_id: chat });
      await b.next("partner_back");
      b.say({ type: "message", chat_id: chat, text: "where are you?", id: 1 });
      expect(await there.next("message")).toMatchObject({ text: "where are you?", id: 1 });
    });
  }

  test("no text, token or ticket ever reached the logs", () => {
    expect(log.join("")).not.toMatch(/anybody there|are you back|eyJ/);
  });
});
