import { createServer } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../world/servers/free-port.ts";
import { openPoolGround, type PoolGround, type PoolProcess } from "./support/pool-process.ts";
import { lives, treeOf } from "./support/processes.ts";
import { Stranger } from "./support/stranger.ts";
import { newTickets } from "./support/tickets.ts";
import { until } from "./support/until.ts";

const { PATH = "", HOME = "" } = process.env;
let ground: PoolGround;
const strangers: Stranger[] = [];

beforeAll(async () => {
  ground = await openPoolGround({ PATH, HOME });
}, 30_000);
afterEach(async () => {
  for (const stranger of strangers.splice(0)) stranger.socket.terminate();
  await ground.clear();
});
afterAll(() => ground.close());

/** So many new people on the pool, each greeted. */
async function enter(pool: PoolProcess, count: number): Promise<readonly Stranger[]> {
  const tickets = await newTickets(count, ground.key);
  const came = tickets.map((ticket) => Stranger.withTicket(pool.url, ticket));
  strangers.push(...came);
  await Promise.all(came.map((stranger) => stranger.next("session_created")));
  return came;
}

const metricsOf = async (pool: PoolProcess): Promise<string> => (await fetch(`${pool.opsUrl}/metrics`)).text();
const askedWith = (pool: PoolProcess, method: string, path: string, headers = { "x-whisper-ops": "1" } as object) =>
  fetch(`${pool.opsUrl}${path}`, { method, headers: { ...headers } });

/** Sockets by shard, as the pool's own numbers tell. */
async function socketsByShard(pool: PoolProcess): Promise<readonly number[]> {
  const lines = (await metricsOf(pool)).matchAll(/^whisper_connections_total\{.*shard="(\d+)".*\} (\d+)$/gm);
  return [...lines].sort((a, b) => Number(a[1]) - Number(b[1])).map((line) => Number(line[2]));
}

const drainOf = async (pool: PoolProcess) =>
  (await (await fetch(`${pool.opsUrl}/drain`)).json()) as { readonly state: string };
const newestOf = (shard: number) => ground.heard.lines.findLast((line) => line.shard === shard);
const ready = async (pool: PoolProcess) => {
  const answer = await fetch(`${pool.opsUrl}/readyz`);
  return { status: answer.status, ...((await answer.json()) as { readonly checks: Record<string, boolean> }) };
};

describe("shards", () => {
  test("[O1] two share one port, evenly enough, and the pool speaks for both", async () => {
    const pool = await ground.pool({ WHISPER_SHARDS: "2" });
    expect(pool.shards()).toHaveLength(2);
    await enter(pool, 60);
    const sockets = await socketsByShard(pool);
    expect(sockets[0] ?? 0).toBeGreaterThan(8);
    expect(sockets[1] ?? 0).toBeGreaterThan(8);
    expect((sockets[0] ?? 0) + (sockets[1] ?? 0)).toBe(60);
    await until("the directory is told of all", () => ground.heard.loads.at(-1)?.sockets === 60);
    expect(ground.heard.loads.at(-1)).toMatchObject({ live: 60, socketsMax: 36_000, url: pool.url, state: "up" });
    await until("heartbeats tell the same", () => (newestOf(0)?.sockets ?? 0) + (newestOf(1)?.sockets ?? 0) === 60);
    expect(newestOf(0)).toMatchObject({ state: "up", answered: true, max: 18_000, pool: "p1" });
  });

  test("[O2] kill -9 of one costs only its own people; the news is out within a second, and it is back", async () => {
    const pool = await ground.pool({ WHISPER_SHARDS: "2" });
    const people = await enter(pool, 40);
    const before = newestOf(0)?.incarnation;
    const [first = 0] = pool.shards();
    const mine = (await socketsByShard(pool))[0];
    const killedMs = performance.now();
    ground.heard.exits.length = 0;
    process.kill(first, "SIGKILL");
    await until("its people are cut", () => people.filter(({ closed }) => closed !== undefined).length === mine);
    await until("the exit is told", () => ground.heard.exits.length === 1);
    const [exit] = ground.heard.exits;
    expect(exit?.address).toBe(`eu-west.p1.0.${before}`);
    expect((exit?.atMs ?? 0) - killedMs).toBeLessThan(1_000);
    await until("it is back", () => newestOf(0)?.state === "up" && newestOf(0)?.incarnation !== before);
    expect(pool.shards()).toHaveLength(2);
    expect(people.filter(({ closed }) => closed === undefined).length).toBe(40 - (mine ?? 0));
    expect(await metricsOf(pool)).toMatch(/whisper_shard_restarts_total\{.*\} 1/);
    await enter(pool, 10);
  });

  test("[O2] one that dies again and again comes back ever later, and the pool stands", async () => {
    const pool = await ground.pool({ WHISPER_SHARDS: "2" });
    const pauses = (): number[] => [...pool.child.output().matchAll(/"againMs":(\d+)/g)].map(([, ms]) => Number(ms));
    for (let round = 1; round <= 3; round++) {
      const [, second = 0] = pool.shards();
      const before = newestOf(1)?.incarnation;
      process.kill(second, "SIGKILL");
      await until("its pause is told", () => pauses().length === round);
      // A heartbeat that was on its way when it died names the dead one: only another incarnation is a return.
      await until("it is back", () => newestOf(1)?.state === "up" && newestOf(1)?.incarnation !== before);
      await until("both are there", () => pool.shards().length === 2);
    }
    expect(pauses()).toEqual([100, 200, 400]);
    expect((await ready(pool)).status).toBe(200);
  });

  test("[O3] kill -9 of the supervisor is the end of its shards, at once", async () => {
    const supervisor = ground.bare({ WHISPER_SHARDS: "2" });
    let said = "";
    supervisor.stdout?.on("data", (piece: Buffer) => {
      said += piece.toString();
    });
    await until("it serves", () => said.includes('{"ready"'));
    const shards = treeOf(supervisor.pid ?? 0).slice(1);
    try {
      expect(shards).toHaveLength(2);
      supervisor.kill("SIGKILL");
      await until("they are gone", () => !shards.some(lives), 1_000);
    } finally {
      for (const pid of shards) if (lives(pid)) process.kill(pid, "SIGKILL");
    }
  });

  test("[O1] a shard that is stopped is told as one that does not answer, and is not taken for dead", async () => {
    const pool = await ground.pool({ WHISPER_SHARDS: "2" });
    const [first = 0, second = 0] = pool.shards();
    process.kill(first, "SIGSTOP");
    const stoppedMs = performance.now();
    await until("it is told", () => newestOf(0)?.answered === false);
    expect(newestOf(1)).toMatchObject({ answered: true });
    expect(performance.now() - stoppedMs).toBeLessThan(4_000);
    expect(await socketsByShard(pool)).toEqual([0]); // the other's numbers still come
    process.kill(first, "SIGCONT");
    await until("it answers again", () => newestOf(0)?.answered === true);
    expect(pool.shards()).toEqual([first, second]);
  });

  test("[O5] one that is full leaves the port to its siblings and takes people again when there is room", async () => {
    const pool = await ground.pool({ WHISPER_SHARDS: "2", WHISPER_SOCKETS_MAX: "20" });
    const people = await enter(pool, 20);
    // Then one by one: those who wait in the kernel's queue of a shard that closes it are cut, and would try again.
    for (let i = 20; i < 40; i++) await enter(pool, 1);
    expect(await socketsByShard(pool)).toEqual([20, 20]);
    const tooMany = Stranger.withTicket(pool.url, (await newTickets(1, ground.key))[0] ?? "");
    strangers.push(tooMany);
    await until("nobody listens", () => tooMany.closed !== undefined);
    expect(tooMany.closed?.code).toBe(1006);
    await until("no place is free", () => {
      const { sockets = 0, socketsMax = -1 } = ground.heard.loads.at(-1) ?? {};
      return sockets === socketsMax && sockets === 40;
    });
    for (const one of people.slice(0, 3)) one.socket.terminate();
    await until("there is room", async () => (await socketsByShard(pool)).reduce((sum, of) => sum + of, 0) === 37);
    for (let i = 0; i < 3; i++) await enter(pool, 1);
    expect(await socketsByShard(pool)).toEqual([20, 20]);
  });

  test("[O5] connections that never become sockets do not take a shard past its limit, nor keep it closed", async () => {
    const pool = await ground.pool({ WHISPER_SHARDS: "1", WHISPER_SOCKETS_MAX: "10" });
    const { hostname, port } = new URL(pool.url.replace("ws:", "http:"));
    const { connect } = await import("node:net");
    const idle = Array.from({ length: 40 }, () => connect(Number(port), hostname).on("error", () => {}));
    await until("those beyond ten are refused", () => idle.filter(({ destroyed }) => destroyed).length >= 29);
    expect(idle.filter(({ destroyed }) => !destroyed).length).toBeLessThanOrEqual(11);
    for (const socket of idle) socket.destroy();
    await until("it listens again", async () => {
      const [ticket = ""] = await newTickets(1, ground.key);
      const one = Stranger.withTicket(pool.url, ticket);
      strangers.push(one);
      return one.next("session_created", 500).then(
        () => true,
        () => false,
      );
    });
  });
});

describe("ports", () => {
  test("[O6] a taken port is told by number, and nothing is left", async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const address = taken.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const child = await ground.run({ WHISPER_PORT: String(port), WHISPER_SHARDS: "2" });
    await child.gone;
    taken.close();
    expect(child.process.exitCode).toBe(1);
    expect(child.output()).toContain(`port ${port} on 127.0.0.1 is taken`);
    expect(child.output()).not.toContain('{"ready"');
  });

  test("[O6] two pools cannot have the same port, also when both start at once", async () => {
    const port = await freePort();
    const both = await Promise.all(
      [1, 2].map((n) => ground.run({ WHISPER_PORT: String(port), WHISPER_POOL: `p${n}`, WHISPER_SHARDS: "2" })),
    );
    await until("one has given up", () => both.filter((child) => !child.alive()).length === 1);
    const [lost] = both.filter((child) => !child.alive());
    expect(lost?.output()).toMatch(new RegExp(`port ${port} on 127.0.0.1 is taken`));
    const [kept] = both.filter((child) => child.alive());
    await until("the other serves", () => kept?.output().includes('{"ready"') === true);
  });

  test("[O6] a shard that cannot start ends the start of the pool, with its reason", async () => {
    const child = await ground.run({
      WHISPER_SHARDS: "2",
      WHISPER_URL: "ws://h/v1/socket",
      WHISPER_NATS_URL: "nats://127.0.0.1:1",
    });
    await child.gone;
    expect(child.process.exitCode).toBe(1);
  });
});

describe("operators", () => {
  test("[O7] numbers of all shards stand on one page, each under its own label, with the pool's own", async () => {
    const pool = await ground.pool({ WHISPER_SHARDS: "2" });
    const answer = await fetch(`${pool.opsUrl}/metrics`);
    const page = await answer.text();
    expect(answer.headers.get("content-type")).toMatch(/^text\/plain; version=0.0.4/);
    for (const shard of [0, 1])
      expect(page).toContain(`whisper_active_chats{region="eu-west",pool="p1",shard="${shard}"} 0`);
    expect(page.match(/^# TYPE whisper_active_chats gauge$/gm)).toHaveLength(1);
    expect(page).toMatch(/^whisper_shards_up\{region="eu-west",pool="p1"\} 2$/m);
  });

  test("[O7] readyz tells what is missing: the bus, an order to close, a shard", async () => {
    const pool = await ground.pool();
    expect(await ready(pool)).toMatchObject({
      status: 200,
      checks: { bus: true, keys: true, handover: true, shards: true, open: true },
    });
    await askedWith(pool, "POST", "/cordon");
    expect(await ready(pool)).toMatchObject({ status: 503, checks: { shards: true, open: false } });
    await until("heartbeats tell it", () => newestOf(0)?.state === "cordoned");
    await until("the directory is told", () => ground.heard.loads.at(-1)?.state === "cordoned");
    await askedWith(pool, "POST", "/uncordon");
    expect((await ready(pool)).status).toBe(200);
    process.kill(pool.shards()[0] ?? 0, "SIGKILL");
    await until("no shard", async () => (await ready(pool)).checks.shards === false);
    await until("again", async () => (await ready(pool)).status === 200);
    await ground.nats().kill();
    await until("no bus", async () => (await ready(pool)).checks.bus === false);
    await ground.restartNats();
    await until("the bus again", async () => (await ready(pool)).status === 200);
  });

  test("[O8] an order needs the header or the token, and a host that is no name", async () => {
    const pool = await ground.pool();
    const { port } = new URL(pool.opsUrl);
    expect((await askedWith(pool, "POST", "/drain", {})).status).toBe(403);
    expect((await askedWith(pool, "POST", "/drain", { "x-whisper-ops": "yes" })).status).toBe(403);
    expect((await askedWith(pool, "GET", "/cordon")).status).toBe(405);
    expect((await askedWith(pool, "DELETE", "/cordon")).status).toBe(405);
    expect((await askedWith(pool, "POST", "/drain/")).status).toBe(404);
    expect(await statusUnder("rebound.example", Number(port))).toBe(421);
    expect(await statusUnder(`localhost:${port}`, Number(port))).toBe(200);
    await until("it is drained", async () => (await drainOf(pool)).state === "done");
    expect(await (await askedWith(pool, "DELETE", "/drain")).json()).toMatchObject({ pool: "up", state: "open" });
  });

  test("[O8] with a token the header alone is not enough", async () => {
    const token = "a-token-long-enough";
    const pool = await ground.pool({ WHISPER_OPS_TOKEN: token });
    expect((await askedWith(pool, "POST", "/drain")).status).toBe(401);
    expect((await fetch(`${pool.opsUrl}/drain`)).status).toBe(401);
    expect((await askedWith(pool, "POST", "/drain", { authorization: `Bearer ${token}` })).status).toBe(200);
  });
});

/** The status of POST /drain sent under this name of the host, as a page under a rebound name would. */
async function statusUnder(host: string, port: number): Promise<number> {
  const { request } = await import("node:http");
  return new Promise((resolve, reject) => {
    const headers = { host, "x-whisper-ops": "1" };
    const asked = request({ host: "127.0.0.1", port, method: "POST", path: "/drain", headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    asked.on("error", reject);
    asked.end();
  });
}

test("[O8] a shard that is started again in the middle of a drain drains, too, and an undone drain lets people in", async () => {
  const pool = await ground.pool({ WHISPER_SHARDS: "2" });
  await enter(pool, 4);
  for (let twice = 0; twice < 2; twice++) expect((await askedWith(pool, "POST", "/drain")).status).toBe(200);
  const before = newestOf(0)?.incarnation;
  process.kill(pool.shards()[0] ?? 0, "SIGKILL");
  await until("it is back, draining", () => {
    const newest = newestOf(0);
    return newest?.incarnation !== before && newest?.state === "draining";
  });
  const refused = Stranger.withTicket(pool.url, (await newTickets(1, ground.key))[0] ?? "");
  strangers.push(refused);
  await until("nobody listens", () => refused.closed !== undefined);
  expect(refused.closed?.code).toBe(1006);
  expect(await (await askedWith(pool, "DELETE", "/drain")).json()).toMatchObject({ pool: "up", state: "open" });
  await until("all are up again", () => newestOf(0)?.state === "up" && newestOf(1)?.state === "up");
  // The doors open a moment after the order: whoever knocks before is refused, and knocks again.
  for (let isOpen = false; !isOpen; ) {
    const knocking = Stranger.withTicket(pool.url, (await newTickets(1, ground.key))[0] ?? "");
    strangers.push(knocking);
    await until("an answer", () => knocking.closed !== undefined || knocking.heard.length > 0);
    isOpen = knocking.closed === undefined;
  }
  await enter(pool, 4);
  expect((await ready(pool)).status).toBe(200);
});

describe("the life of a pool", () => {
  test("[O9] SIGTERM with nobody there ends it with 0, all shards gone and told", async () => {
    const pool = await ground.pool({ WHISPER_SHARDS: "2" });
    const shards = pool.shards();
    ground.heard.exits.length = 0;
    pool.child.process.kill("SIGTERM");
    await pool.child.gone;
    expect(pool.child.process.exitCode).toBe(0);
    expect(shards.some(lives)).toBe(false);
    await until("both exits are told", () => ground.heard.exits.length === 2);
    expect(ground.heard.loads.at(-1)).toMatchObject({ state: "draining" });
  });

  test("[O9] SIGTERM to the whole group is for the supervisor alone to act on", async () => {
    const pool = await ground.pool({ WHISPER_SHARDS: "2" });
    await enter(pool, 4);
    const shards = pool.shards();
    process.kill(-pool.child.pid, "SIGTERM");
    await until("it drains", () => newestOf(0)?.state === "draining");
    expect(shards.every(lives)).toBe(true);
  });

  test("[O9] people who have nowhere to go hold the drain up; a second signal ends it, in order", async () => {
    const pool = await ground.pool({ WHISPER_SHARDS: "2" });
    const people = await enter(pool, 4);
    const firstMs = performance.now();
    pool.child.process.kill("SIGTERM");
    await until("it has no room", async () => (await drainOf(pool)).state === "no_room");
    expect(await drainOf(pool)).toEqual({ state: "no_room", total: 4, left: 4, moved: 0, closed: 0 });
    expect((await askedWith(pool, "DELETE", "/drain")).status).toBe(409);
    await until("a second signal is not the first one's echo", () => performance.now() - firstMs > 400);
    pool.child.process.kill("SIGTERM");
    await pool.child.gone;
    expect(pool.child.process.exitCode).toBe(130);
    await until("all were told", () => people.every(({ closed }) => closed?.code === 4000));
  });

  test("[O9] SIGINT stops at once", async () => {
    const pool = await ground.pool();
    const [one] = await enter(pool, 1);
    pool.child.process.kill("SIGINT");
    await pool.child.gone;
    expect(pool.child.process.exitCode).toBe(0);
    await until("they were told", () => one?.closed?.code === 4000);
  });
});
