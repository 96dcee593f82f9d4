import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { poolsNotUp } from "../world/chat-possible.ts";
import { pageFolder } from "../world/page.ts";
import { planWorld, type WorldPlan, type WorldWish } from "../world/plan.ts";
import { refuseTakenPorts } from "../world/ports-taken.ts";

const WISH: WorldWish = { engine: "embedded", pools: 1, shards: 1, edgePort: 8787, poolPorts: 9001, opsPorts: 9101 };

function planned(wish: Partial<WorldWish> = {}): WorldPlan {
  const plan = planWorld({ ...WISH, ...wish });
  if (!plan.ok) throw new Error(plan.code.join());
  return plan.value;
}

describe("the plan", () => {
  test("two regions of one pool each, ports in their order", () => {
    const { regions, pools } = planned();
    expect(regions).toEqual(["eu-west", "us-east"]);
    expect(pools).toEqual([
      { region: "eu-west", pool: "p1", lat: 50.1, lon: 8.7, port: 9001, opsPort: 9101 },
      { region: "us-east", pool: "p1", lat: 39, lon: -77.5, port: 9002, opsPort: 9102 },
    ]);
  });

  test("the real engine runs the first region unless another is named", () => {
    expect(planned({ engine: "real" }).regions).toEqual(["eu-west"]);
    expect(planned({ engine: "real", regions: ["us-east"] }).regions).toEqual(["us-east"]);
  });

  test("the real engine runs several pools in several regions, ports in the order of regions and pools", () => {
    const { pools, shards } = planned({ engine: "real", regions: ["us-east", "eu-west"], pools: 2, shards: 3 });
    expect(pools.map(({ region, pool, port, opsPort }) => `${region}/${pool} ${port} ${opsPort}`)).toEqual([
      "us-east/p1 9001 9101",
      "us-east/p2 9002 9102",
      "eu-west/p1 9003 9103",
      "eu-west/p2 9004 9104",
    ]);
    expect(shards).toBe(3);
  });

  test("a region's bus has one server unless three are asked for", () => {
    expect(planned({ engine: "real" }).natsServers).toBe(1);
    expect(planned({ engine: "real", nats: 3 }).natsServers).toBe(3);
  });

  test("port 0 means any, for all", () => {
    expect(planned({ poolPorts: 0, opsPorts: 0 }).pools.map(({ port, opsPort }) => port + opsPort)).toEqual([0, 0]);
  });

  test.each([
    ["an unknown region", { regions: ["eu-west", "mars"] }, /"mars".*eu-west, us-east/],
    ["a name of every object", { regions: ["constructor"] }, /"constructor"/],
    ["no region", { regions: [] }, /one region at least/],
    ["a region twice", { regions: ["eu-west", "eu-west"] }, /twice/],
    ["two pools of the embedded engine", { pools: 2 }, /--pools at 1, or take --engine real/],
    ["two shards of the embedded engine", { shards: 2 }, /--shards at 1, or take --engine real/],
    ["two servers of a bus", { engine: "real", nats: 2 }, /--nats 1 or --nats 3/],
    ["three servers of a bus on the embedded engine", { nats: 3 }, /--nats at 1, or take --engine real/],
    ["more pools than a machine runs", { engine: "real", pools: 17 }, /16 pools at most/],
    ["more shards than a machine runs", { engine: "real", shards: 65 }, /64 shards at most/],
  ] as const)("%s is refused in words", (_what, wish, words) => {
    const plan = planWorld({ ...WISH, ...wish });
    expect(plan.ok).toBe(false);
    if (!plan.ok) expect(plan.code.join("\n")).toMatch(words);
  });

  test("everything that cannot be had is told at once", () => {
    const plan = planWorld({ ...WISH, regions: ["mars", "mars"], pools: 3, shards: 9 });
    expect(!plan.ok && plan.code.length).toBe(5);
  });
});

describe("ports", () => {
  const open: Server[] = [];
  afterEach(() => {
    for (const server of open.splice(0)) server.close();
  });

  const take = (): Promise<number> =>
    new Promise((resolve) => {
      const server = createServer();
      open.push(server);
      server.listen(0, "127.0.0.1", () => {
        const address = server.address();
        resolve(typeof address === "object" && address !== null ? address.port : 0);
      });
    });

  test("all taken ports are named at once, with what to do", async () => {
    const [edge, ops] = [await take(), await take()];
    const plan = planned({ regions: ["eu-west"], edgePort: edge, poolPorts: 0, opsPorts: ops });
    await expect(refuseTakenPorts(plan, "127.0.0.1")).rejects.toThrow(
      new RegExp(`port ${edge}.*WHISPER_EDGE_PORT[\\s\\S]*port ${ops}.*WHISPER_OPS_PORTS`),
    );
  });

  test("free ports, and any port, are fine", async () => {
    await refuseTakenPorts(planned({ edgePort: 0, poolPorts: 0, opsPorts: 0 }), "127.0.0.1");
  });
});

describe("whether a chat can begin", () => {
  const up = (region: string, pool = "p1") => ({
    region,
    state: "up",
    pools: 1,
    free: 5,
    ports: [{ pool, socket: "ws://x" }],
  });

  test("every pool of the plan is up", () => {
    expect(poolsNotUp(planned(), { regions: [up("us-east"), up("eu-west")] })).toEqual([]);
  });

  test.each([
    ["nothing", undefined],
    ["an error", { error: { code: "no_capacity", message: "" } }],
    ["no list", { regions: "eu-west" }],
    ["holes in the list", { regions: [null, 7, {}, { region: "eu-west", state: "up", ports: [null] }] }],
    [
      "regions without ports",
      {
        regions: [
          { region: "eu-west", state: "up" },
          { region: "us-east", state: "up" },
        ],
      },
    ],
    [
      "draining regions",
      {
        regions: [
          { ...up("eu-west"), state: "draining" },
          { ...up("us-east"), state: "silent" },
        ],
      },
    ],
    ["other pools", { regions: [up("eu-west", "p2"), up("us-east", "p2")] }],
  ])("%s means that all are missing", (_what, answer) => {
    expect(poolsNotUp(planned(), answer)).toEqual(["eu-west/p1", "us-east/p1"]);
  });

  test("one region that is up does not speak for the other", () => {
    expect(poolsNotUp(planned(), { regions: [up("eu-west")] })).toEqual(["us-east/p1"]);
  });
});

describe("the page", () => {
  const roots: string[] = [];
  afterEach(() => {
    for (const root of roots.splice(0)) rmSync(root, { recursive: true });
  });

  function tree(): { readonly root: string; put(file: string, words: string): void } {
    const root = mkdtempSync(join(tmpdir(), "whisper-page-"));
    roots.push(root);
    const put = (file: string, words: string): void => {
      mkdirSync(join(root, file, ".."), { recursive: true });
      writeFileSync(join(root, file), words);
    };
    put("edge/web/parts/part.tsx", "one");
    put("shared/src/limits.ts", "two");
    return { root, put };
  }

  test("other sources make another folder, and the same sources the same again", () => {
    const { root, put } = tree();
    const before = pageFolder(root);
    put("edge/web/parts/part.tsx", "more");
    const after = pageFolder(root);
    expect(after).not.toBe(before);
    put("edge/web/parts/part.tsx", "one");
    expect(pageFolder(root)).toBe(before);
    rmSync(join(root, "edge/web/parts/part.tsx"));
    expect([before, after]).not.toContain(pageFolder(root));
  });

  test("what moves from one file to the next, or is renamed, makes another page", () => {
    const { root, put } = tree();
    const folders = new Set([pageFolder(root)]);
    put("edge/web/parts/part.tsx", "on");
    put("shared/src/limits.ts", "etwo");
    folders.add(pageFolder(root));
    put("shared/src/limits.ts", "two");
    put("edge/web/parts/part.tsx", "one");
    put("edge/web/parts/other.tsx", "");
    folders.add(pageFolder(root));
    expect(folders.size).toBe(3);
  });

  test("tests and packages are no part of it", () => {
    const { root, put } = tree();
    const before = pageFolder(root);
    put("edge/web/test/words.test.ts", "a test");
    put("shared/src/limits.test.ts", "a test");
    put("edge/web/node_modules/a/index.js", "a package");
    expect(pageFolder(root)).toBe(before);
  });
});
