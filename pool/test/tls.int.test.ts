import { spawn } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import type { Endpoint } from "@whisper/shared/protocol/server-frames";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Pair } from "../src/runtime/certificate.ts";
import { meterOf } from "../src/shard/meter.ts";
import { Authority, greeted } from "./support/certificates.ts";
import { meet } from "./support/meet.ts";
import { openPoolGround, type PoolGround, type PoolProcess } from "./support/pool-process.ts";
import { startRegion } from "./support/region.ts";
import { Stranger } from "./support/stranger.ts";
import { TalkingPairs } from "./support/talking-pairs.ts";
import { newTickets } from "./support/tickets.ts";
import { until } from "./support/until.ts";

const { PATH = "", HOME = "" } = process.env;
/** A pair is taken at the second look that sees it. */
const TAKEN_MS = 10_000;
let ground: PoolGround;
let authority: Authority;
const strangers: Stranger[] = [];
const sockets: Socket[] = [];

beforeAll(async () => {
  ground = await openPoolGround({ PATH, HOME });
}, 30_000);
beforeEach(() => {
  authority = new Authority();
});
afterEach(async () => {
  for (const stranger of strangers.splice(0)) stranger.socket.terminate();
  for (const socket of sockets.splice(0)) socket.destroy();
  await ground.clear();
  authority.close();
});
afterAll(() => ground.close());

/** The longest text that is no flood of one letter. */
const LETTERS = Array.from({ length: 2_000 }, (_, i) => String.fromCodePoint(0x4e00 + i)).join("");
const portOf = (pool: PoolProcess): number => Number(new URL(pool.url).port);
const order = (pool: PoolProcess, method: string, path: string) =>
  fetch(`${pool.opsUrl}${path}`, { method, headers: { "x-whisper-ops": "1" } });
const shown = async (pool: PoolProcess): Promise<string> => (await greeted(portOf(pool), authority.ca)).serial;
const settings = () => ({
  WHISPER_TLS_CERT: authority.files.cert,
  WHISPER_TLS_KEY: authority.files.key,
  WHISPER_TLS_LOOK_MS: "200",
});

/** A pool that serves a new certificate, and that certificate's number. */
async function secure(more: Readonly<Record<string, string>> = {}): Promise<{ pool: PoolProcess; serial: string }> {
  const pair = authority.issue();
  authority.install(pair);
  return { pool: await ground.pool({ ...settings(), WHISPER_TEXTS_PER_WINDOW: "1000", ...more }), serial: pair.serial };
}

/** So many new people who ask to come in. */
async function knock(pool: PoolProcess, count: number): Promise<readonly Stranger[]> {
  const tickets = await newTickets(count, ground.key);
  const came = tickets.map((ticket) => Stranger.withTicket(pool.url, ticket, undefined, authority.ca));
  strangers.push(...came);
  return came;
}

async function enter(pool: PoolProcess, count: number): Promise<readonly Stranger[]> {
  const came = await knock(pool, count);
  await Promise.all(came.map((stranger) => stranger.next("session_created")));
  return came;
}

const couples = async (pool: PoolProcess, count: number): Promise<TalkingPairs> =>
  TalkingPairs.start(await knock(pool, 2 * count));

/** How often a pool's log says this. */
const said = ({ child }: PoolProcess, event: string, more = ""): number =>
  child
    .output()
    .split("\n")
    .filter((line) => line.includes(`"event":"${event}"`) && line.includes(more)).length;

const refused = (pool: PoolProcess, why: string): number => said(pool, "certificate_refused", `"why":"${why}"`);

/** Puts a new pair in place, and waits until so many shards have taken it; its number. */
async function renew(pool: PoolProcess, shards: number): Promise<string> {
  const before = said(pool, "certificate_taken");
  const pair = authority.issue();
  authority.install(pair);
  await until("all shards have taken it", () => said(pool, "certificate_taken") === before + shards, TAKEN_MS);
  return pair.serial;
}

describe("serving", () => {
  test("[O20] a pool of two shards serves wss, is told of as wss, and people of both talk", async () => {
    const { pool, serial } = await secure({ WHISPER_SHARDS: "2" });
    expect(pool.url).toMatch(/^wss:\/\/127\.0\.0\.1:\d+\/v1\/socket$/);
    const talk = await couples(pool, 10);
    await talk.exchange(5);
    expect(await shown(pool)).toBe(serial);
    await until("the directory is told", () => ground.heard.loads.at(-1)?.url === pool.url);
    const other = new Authority();
    await expect(greeted(portOf(pool), other.ca)).rejects.toThrow("certificate");
    other.close();
    talk.stop();
  });

  test("[O25] TLS 1.2 with forward secrecy is the least, and nothing is taken before the handshake is over", async () => {
    const { pool } = await secure();
    const { ca } = authority;
    const old = { minVersion: "TLSv1", ciphers: "ALL:@SECLEVEL=0" } as const;
    expect(await greeted(portOf(pool), ca)).toMatchObject({ protocol: "TLSv1.3" });
    const second = { ...old, maxVersion: "TLSv1.2" } as const;
    expect(await greeted(portOf(pool), ca, second)).toMatchObject({ protocol: "TLSv1.2", cipher: /^ECDHE-ECDSA-AES/ });
    for (const ciphers of ["AES128-SHA:AES256-SHA", "ECDHE-ECDSA-AES128-SHA", "AES128-GCM-SHA256"])
      await expect(greeted(portOf(pool), ca, { ...second, ciphers: `${ciphers}:@SECLEVEL=0` })).rejects.toThrow();
    await expect(greeted(portOf(pool), ca, { ...old, maxVersion: "TLSv1.1" })).rejects.toThrow("protocol version");
    expect(new Set(await earlyDataOffered(portOf(pool)))).toEqual(new Set(["0"]));
  });

  test("[O26] what speaks no TLS to a TLS port is cut and hurts nobody", async () => {
    const { pool } = await secure();
    const talk = await couples(pool, 2);
    const [ticket = ""] = await newTickets(1, ground.key);
    const plain = Stranger.withTicket(pool.url.replace("wss:", "ws:"), ticket);
    strangers.push(plain);
    expect((await plain.end()).code).toBe(1006);
    expect(plain.heard).toEqual([]);
    const odd = ["GET / HTTP/1.1\r\nHost: a\r\n\r\n", "\x16\x03\x01\xff\xff".repeat(4_000), "\0".repeat(70_000)];
    await Promise.all(odd.flatMap((bytes) => Array.from({ length: 50 }, () => cutAfter(portOf(pool), bytes))));
    await talk.exchange(3);
    await enter(pool, 2);
    talk.stop();
  });
});

/** How much early data (0-RTT) a server offers with its session tickets, as openssl tells. */
async function earlyDataOffered(port: number): Promise<readonly string[]> {
  const args = ["s_client", "-connect", `127.0.0.1:${port}`, "-CAfile", join(authority.dir, "ca")];
  const child = spawn("openssl", args, { stdio: ["pipe", "pipe", "ignore"] });
  let heard = "";
  child.stdout.on("data", (bytes: Buffer) => {
    heard += String(bytes);
  });
  child.stdin.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const offers = (): readonly string[] => [...heard.matchAll(/Max Early Data: (\d+)/g)].map(([, bytes]) => `${bytes}`);
  await until("an answer, which follows the tickets", () => heard.includes("HTTP/1.1 404"));
  child.stdin.end();
  await until("what openssl makes of the tickets", () => offers().length > 0);
  return offers();
}

/** Sends these bytes; resolves when the server has cut the connection. */
function cutAfter(port: number, bytes: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port }, () => socket.write(bytes, "latin1"));
    sockets.push(socket);
    socket.on("error", () => {
      // The close that follows is what is waited for.
    });
    socket.on("close", () => resolve()).resume();
  });
}

describe("renewal", () => {
  test("[O22] 50 couples in mid-chat keep their sockets through three renewals, and newcomers get the new certificate", async () => {
    const { pool } = await secure({ WHISPER_SHARDS: "2" });
    const shards = pool.shards();
    const talk = await couples(pool, 50);
    for (let round = 0; round < 3; round++) {
      await talk.exchange(3);
      const serial = await renew(pool, 2);
      for (const pid of [pool.child.pid, ...shards]) process.kill(pid, "SIGHUP"); // as a hook would
      for (let i = 0; i < 20; i++) expect(await shown(pool)).toBe(serial);
      await enter(pool, 4);
    }
    await talk.exchange(5);
    expect(pool.shards()).toEqual(shards);
    expect(said(pool, "certificate_refused")).toBe(0);
    talk.stop();
  }, 60_000);

  test("[O23] half-written, foreign, expired and missing files are told once and not obeyed, and the old pair serves on", async () => {
    const { pool, serial } = await secure();
    const { files } = authority;
    const talk = await couples(pool, 2);
    const [next, old] = [authority.issue(), authority.issue({ days: 0 })];
    const wrong: readonly (readonly [string, () => void])[] = [
      ["cert_unreadable", () => writeFileSync(files.cert, next.cert.slice(0, next.cert.length / 3))],
      ["mismatch", () => writeFileSync(files.cert, next.cert)],
      ["key_unreadable", () => writeFileSync(files.key, next.key.slice(0, 100))],
      ["expired", () => authority.install(old)],
      ["key_missing", () => rmSync(files.key)],
      ["cert_missing", () => rmSync(files.cert)],
    ];
    for (const [why, spoil] of wrong) {
      spoil();
      await until(why, () => refused(pool, why) > 0, TAKEN_MS);
      expect(await shown(pool)).toBe(serial);
      await enter(pool, 1);
    }
    authority.install(next);
    await until("whole at last", () => said(pool, "certificate_taken") === 1, TAKEN_MS);
    expect(await shown(pool)).toBe(next.serial);
    for (const [why] of wrong) expect(refused(pool, why)).toBe(1);
    await talk.exchange(3);
    talk.stop();
    expect(pool.child.output()).not.toMatch(/BEGIN|whisper-tls|\.pem/);
  }, 90_000);

  test("[O24] a full shard, and a pool whose drain is undone, open again with the newest certificate", async () => {
    const { pool } = await secure({ WHISPER_SOCKETS_MAX: "10" });
    const people = await enter(pool, 10);
    await until("it leaves the port", () =>
      shown(pool).then(
        () => false,
        () => true,
      ),
    );
    const whileFull = await renew(pool, 1);
    await expect(shown(pool)).rejects.toThrow("ECONNREFUSED");
    for (const one of people.slice(0, 5)) one.vanish();
    expect(await until("it listens again", () => shown(pool).catch(() => undefined))).toBe(whileFull);
    await order(pool, "POST", "/drain");
    await until("nobody listens", () =>
      shown(pool).then(
        () => false,
        () => true,
      ),
    );
    const whileDraining = await renew(pool, 1);
    await expect(shown(pool)).rejects.toThrow("ECONNREFUSED");
    await order(pool, "DELETE", "/drain");
    expect(await until("it is open", () => shown(pool).catch(() => undefined))).toBe(whileDraining);
    expect(people.slice(5).every(({ closed }) => closed === undefined)).toBe(true);
  }, 60_000);

  test("[O24] a shard that serves alone renews too, and keeps its port to itself", async () => {
    const { pool } = await secure({ WHISPER_ROLES: "shard" });
    const [one] = await enter(pool, 1);
    const serial = await renew(pool, 1);
    expect(await shown(pool)).toBe(serial);
    const second = await ground.run({ ...settings(), WHISPER_ROLES: "shard", WHISPER_PORT: String(portOf(pool)) });
    await second.gone;
    expect(second.output()).toContain(`port ${portOf(pool)} on 127.0.0.1 is taken`);
    one?.say({ type: "ping" });
    await one?.next("pong");
  }, 30_000);
});

describe("handshakes", () => {
  test("[O27] a thousand that stall delay nobody, and all are cut within 20 s", async () => {
    const { pool } = await secure();
    const talk = await couples(pool, 5);
    const hello = await clientHello();
    const openedMs = performance.now();
    let cut = 0;
    for (let i = 0; i < 1_000; i++) {
      const socket = connect({ host: "127.0.0.1", port: portOf(pool), localAddress: `127.0.0.${2 + (i % 8)}` });
      sockets.push(socket);
      // Half of them stop in the middle of their first word, the others after it.
      socket.write(i % 2 === 0 ? hello.subarray(0, hello.length >> 1) : hello);
      socket.on("error", () => {});
      socket.on("close", () => void cut++).resume();
    }
    // One that sends a byte each second is no better than one that sends none.
    const drop = connect({ host: "127.0.0.1", port: portOf(pool) });
    sockets.push(drop);
    let dropped = 0;
    const drip = setInterval(() => drop.write(hello.subarray(dropped++, dropped)), 1_000);
    let isDropCut = false;
    drop.on("error", () => {});
    drop.on("close", () => {
      isDropCut = true;
    });
    drop.resume();
    await until("all are connected", () => sockets.every(({ connecting }) => !connecting));
    expect(cut).toBe(0);
    for (let i = 0; i < 5; i++) {
      const fromMs = performance.now();
      await talk.exchange(1);
      await enter(pool, 1);
      expect(performance.now() - fromMs).toBeLessThan(2_000);
    }
    await until("all are cut", () => cut === 1_000 && isDropCut, 20_000 - (performance.now() - openedMs));
    clearInterval(drip);
    await talk.exchange(1);
    talk.stop();
  }, 40_000);
});

/** The first bytes of a client that begins a handshake. */
function clientHello(): Promise<Buffer> {
  return new Promise((resolve) => {
    const server = createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", (bytes) => {
        resolve(bytes);
        socket.destroy();
        server.close();
      });
    });
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      greeted(port, authority.ca).catch(() => {});
    });
  });
}

describe("starting and stopping", () => {
  test.each([
    ["a certificate and no key", () => ({ WHISPER_TLS_KEY: "" }), "WHISPER_TLS_KEY is missing"],
    ["a key and no certificate", () => ({ WHISPER_TLS_CERT: "" }), "WHISPER_TLS_CERT is missing"],
    ["an address without TLS", () => ({ WHISPER_URL: "ws://h/v1/socket" }), "WHISPER_URL must be a wss: address"],
    ["no such file", () => ({ WHISPER_TLS_CERT: join(authority.dir, "none") }), "names no file"],
    ["another's key", () => install({ key: authority.issue().key }), "does not belong to the certificate"],
    ["an expired certificate", () => install(authority.issue({ days: 0 })), "has expired: have it renewed"],
    ["half a certificate", () => install({ cert: authority.issue().cert.slice(0, 300) }), "not a whole chain"],
  ] as const)("[O21] with %s a pool does not start, and says what to do", async (_what, spoil, words) => {
    install(authority.issue());
    const child = await ground.run({ ...settings(), ...spoil() });
    await child.gone;
    expect(child.process.exitCode).toBe(1);
    expect(child.output()).toContain(words);
    expect(child.output()).not.toMatch(/ {4}at |BEGIN|whisper-tls|\{"ready"/);
  });

  test("[O28] SIGTERM ends a pool with TLS in order: those who have nowhere to go are told", async () => {
    const { pool } = await secure({ WHISPER_SHARDS: "2", WHISPER_DRAIN_MS: "0" });
    const people = await enter(pool, 6);
    await renew(pool, 2);
    const late = await enter(pool, 6);
    pool.child.process.kill("SIGTERM");
    await until(
      "it drains",
      async () => ((await (await fetch(`${pool.opsUrl}/drain`)).json()) as { state: string }).state !== "open",
    );
    await until("nobody listens", () =>
      shown(pool).then(
        () => false,
        () => true,
      ),
    );
    const firstMs = performance.now();
    await until("a second signal is not the first one's echo", () => performance.now() - firstMs > 400);
    pool.child.process.kill("SIGTERM");
    await pool.child.gone;
    await until("all were told, of both certificates", () =>
      [...people, ...late].every(({ closed }) => closed?.code === 4000),
    );
  });
});

test("[O28] refusals and slow readers get with TLS what they get without", async () => {
  authority.install(authority.issue());
  const { ca, files } = authority;
  const region = await startRegion({ settings: { tls: files, textBytes: meterOf(1e9, 1_000) } });
  const [shard] = region.shards;
  const url = shard?.report().url ?? "";
  const ask = async (ticket: Promise<string>): Promise<Stranger> => {
    const one = Stranger.withTicket(url, await ticket, undefined, ca);
    strangers.push(one);
    return one;
  };
  for (const [ticket, status] of [
    [region.sign({}), 400],
    [region.ticket({}, 1), 403],
  ] as const) {
    const one = await ask(ticket);
    await until("a refusal", () => one.refusedStatus === status);
  }
  const a = await ask(region.ticket({ new: true }));
  const b = await ask(region.ticket({ new: true }));
  const chat = await meet(a, b);
  b.socket.pause();
  const long = { type: "message", chat_id: chat, id: 1, text: LETTERS }; // the first is new, the rest are resends
  const isCut = (): boolean => shard?.numbers.closes.slow_reader === 1;
  for (let sent = 0; sent < 20_000 && !isCut(); sent++) {
    a.say(long);
    if (sent % 20 === 19) await until("the writes", () => a.socket.bufferedAmount === 0);
  }
  await until("the slow reader's end", isCut);
  await a.next("partner_away");
  await region.stop();
}, 30_000);

test("[O26] who sends more at once than any client does is cut or answered, and nobody else notices", async () => {
  const { pool } = await secure();
  const talk = await couples(pool, 10);
  const flooders = await knock(pool, 20);
  const ping = Buffer.from(JSON.stringify({ type: "ping", x: "y".repeat(20_000) }));
  const floods = await Promise.all(
    flooders.map(async (one, i) => {
      const partner = flooders[i + 1];
      if (i >= 10) await one.next("session_created");
      if (i >= 10 || i % 2 === 1 || partner === undefined) return { one, bytes: ping };
      const chat = await meet(one, partner);
      const text = { type: "message", chat_id: chat, id: 1, text: LETTERS };
      return { one, bytes: Buffer.from(JSON.stringify(text)) };
    }),
  );
  for (let round = 0; round < 5; round++) {
    for (const { one, bytes } of floods) {
      for (let left = 2_000_000; left > 0; left -= bytes.length) one.socket.send(bytes, { binary: false });
    }
    await talk.exchange(2);
  }
  await until("all are cut who sent no texts", () => flooders.slice(10).every(({ closed }) => closed !== undefined));
  await talk.exchange(5);
  await enter(pool, 5);
  talk.stop();
}, 40_000);

test("[O28] a drain moves a chat from a pool with TLS to another, make before break", async () => {
  authority.install(authority.issue());
  const region = await startRegion({
    shards: 2,
    beats: true,
    settings: { hasHeartbeats: true, tls: authority.files },
  });
  const urlOf = (shard: number): string => region.shards[shard]?.report().url ?? "";
  const people = await Promise.all(
    [1, 2].map(async () => Stranger.withTicket(urlOf(0), await region.ticket({ new: true }), undefined, authority.ca)),
  );
  strangers.push(...people);
  const [a, b] = people as [Stranger, Stranger];
  const chat = await meet(a, b);
  region.shards[0]?.startDrain();
  const moved = people.map(async (old) => {
    const moving = await old.next("moving");
    const [endpoint] = moving.endpoints as Endpoint[];
    expect(endpoint?.url).toBe(urlOf(1));
    const young = Stranger.withTicket(String(endpoint?.url), String(moving.ticket), undefined, authority.ca);
    strangers.push(young);
    expect(await young.next("resumed")).toMatchObject({ place: "chatting", chat_id: chat });
    old.leave();
    return young;
  });
  const [youngA, youngB] = (await Promise.all(moved)) as [Stranger, Stranger];
  await youngA.next("partner_back");
  youngA.say({ type: "message", chat_id: chat, id: 1, text: "after" });
  expect(await youngB.next("message")).toMatchObject({ id: 1, text: "after" });
  await until("the pool is empty", () => region.shards[0]?.drainState.state === "drained");
  for (const one of [...people, youngA, youngB]) expect(one.all("partner_left")).toEqual([]);
  await region.stop();
});

let last: Pair = { cert: "", key: "" };

/** Puts a pair, or half of another one, where the server reads it; no settings of its own. */
function install(pair: Partial<Pair>): object {
  last = { ...last, ...pair };
  authority.install(last);
  return {};
}
