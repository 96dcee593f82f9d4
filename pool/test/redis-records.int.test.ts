import { connect, createServer, type Socket } from "node:net";
import { systemRandom } from "@whisper/shared/base/random";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openRedisRecords } from "../src/adapters/redis/redis-records.ts";
import { RECORDS_SETTINGS, type RecordsSettings } from "../src/clerk/records-settings.ts";
import { startRedis } from "../world/servers/redis.ts";
import type { Server } from "../world/servers/server.ts";
import { anySession, CHAT, DEVICE, HALF, HERE, NOW_MS, recordsContract } from "./contract/records.contract.ts";
import { until } from "./support/until.ts";

const servers: Server[] = [];
/** A store of its own for each that asks: its partitions are not born yet. */
async function open(settings: RecordsSettings) {
  const server = await startRedis();
  servers.push(server);
  return openRedisRecords(server.url, settings, systemRandom, () => undefined);
}
afterAll(async () => {
  for (const server of servers) await server.stop();
});

recordsContract("redis", open);

let port = 0;
beforeAll(async () => {
  const server = await startRedis();
  port = server.port;
  await server.stop();
});

const ask = () => ({
  session: anySession(),
  epoch: 4 * NOW_MS,
  attempt: 1,
  fresh: false,
  device: DEVICE,
  address: HERE,
});

test("[R13] a store that is not there at the start is a rejection, and leaves nothing behind", async () => {
  const faults: Error[] = [];
  const opening = openRedisRecords(`redis://127.0.0.1:${port}`, RECORDS_SETTINGS, systemRandom, (e) => faults.push(e));
  await expect(opening).rejects.toThrow();
});

test("[R13] Redis killed: calls reject at once; restarted empty: new generations, and writes put records back", async () => {
  const first = await startRedis();
  const records = await openRedisRecords(first.url, RECORDS_SETTINGS, systemRandom, () => undefined);
  const person = { ...ask(), fresh: true };
  await records.admit(person, NOW_MS);
  const before = await records.generations(NOW_MS);
  const busy = Promise.allSettled(Array.from({ length: 500 }, () => records.admit({ ...ask(), fresh: true }, NOW_MS)));
  await first.kill();
  await busy;
  await until("a call is refused", () =>
    records.holderOf(person.session).then(
      () => false,
      () => true,
    ),
  );
  const startedMs = performance.now();
  await expect(records.admit(ask(), NOW_MS)).rejects.toThrow();
  await expect(records.touch([person])).rejects.toThrow();
  await expect(records.generations(NOW_MS)).rejects.toThrow();
  expect(performance.now() - startedMs).toBeLessThan(500);

  const second = await startRedis({ port: first.port });
  await until("it is reached again", () =>
    records.holderOf(person.session).then(
      () => true,
      () => false,
    ),
  );
  const after = await records.generations(NOW_MS + 10_000);
  expect(after.filter((generation, i) => generation === before[i])).toEqual([]);
  expect(await records.admit({ ...person, fresh: false, epoch: person.epoch + 4 }, NOW_MS + 10_001)).toEqual({
    answer: "wait",
  });
  const standing = { place: "chatting", half: HALF } as const;
  expect(await records.write({ ...person, rev: 5, standing }, NOW_MS + 10_002)).toBe("taken");
  expect(await records.where(person.session, CHAT)).toMatchObject({ chat: "in" });
  await records.close();
  await second.stop();
});

test("[R13] a connection that went silent without a word is given up: calls reject, then a new one serves", async () => {
  const server = await startRedis();
  let isFrozen = false;
  const sockets: Socket[] = [];
  // A network that swallows what runs over old connections, as a broken path or a lost NAT entry does.
  const path = createServer((near) => {
    const far = connect(server.port, server.host);
    sockets.push(near, far);
    const pass = (from: Socket, to: Socket, isOld = () => isFrozen && sockets.indexOf(from) < 2): void => {
      from.on("data", (piece) => void (isOld() || to.write(piece)));
      from.on("error", () => to.destroy());
      from.on("close", () => to.destroy());
    };
    pass(near, far);
    pass(far, near);
  });
  await new Promise<void>((resolve) => path.listen(0, "127.0.0.1", resolve));
  const address = path.address();
  const url = `redis://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  const records = await openRedisRecords(url, { ...RECORDS_SETTINGS, settleMs: 0 }, systemRandom, () => undefined);
  const person = ask();
  expect(await records.admit(person, NOW_MS)).toEqual({ answer: "new" });
  isFrozen = true;
  const startedMs = performance.now();
  await expect(records.holderOf(person.session)).rejects.toThrow();
  expect(performance.now() - startedMs).toBeLessThan(1_400);
  await until("a new connection serves", () =>
    records.holderOf(person.session).then(
      (holder) => holder?.epoch === person.epoch,
      () => false,
    ),
  );
  expect(await records.admit(person, NOW_MS)).toEqual({ answer: "new" });
  await records.close();
  for (const socket of sockets) socket.destroy();
  path.close();
  await server.stop();
});

test("[R13] a server that forgot the scripts gets them again", async () => {
  const server = await startRedis();
  const records = await openRedisRecords(server.url, RECORDS_SETTINGS, systemRandom, () => undefined);
  const { Redis } = await import("ioredis");
  const other = new Redis(server.url);
  await records.admit({ ...ask(), fresh: true }, NOW_MS);
  await other.script("FLUSH");
  expect(await records.admit({ ...ask(), fresh: true }, NOW_MS)).toEqual({ answer: "new" });
  await records.close();
  other.disconnect();
  await server.stop();
});

test("[R13] two clerks on one store never admit one ticket twice", async () => {
  const server = await startRedis();
  const settings = { ...RECORDS_SETTINGS, settleMs: 0 };
  const clerks = await Promise.all(
    [1, 2].map(() => openRedisRecords(server.url, settings, systemRandom, () => undefined)),
  );
  for (let round = 0; round < 50; round++) {
    const person = ask();
    const asked = clerks.map((records, attempt) => records.admit({ ...person, attempt }, NOW_MS));
    const answers = (await Promise.all(asked)).map(({ answer }) => answer).sort();
    expect(answers).toEqual(["new", "stale"]);
  }
  for (const records of clerks) await records.close();
  await server.stop();
});
