import { expect, test } from "vitest";
import { openNatsBus } from "../src/adapters/nats/nats-bus.ts";
import type { Bus } from "../src/ports.ts";
import { freePort } from "../world/servers/free-port.ts";
import { startNats } from "../world/servers/nats.ts";
import { busContract } from "./contract/bus.contract.ts";
import { until } from "./support/until.ts";

const rethrow = (error: unknown): void => {
  throw error;
};

busContract("nats", async () => {
  let server = await startNats();
  const members: Bus[] = [];
  return {
    join: async (onFault = rethrow) => {
      const bus = await openNatsBus(server.url, onFault);
      members.push(bus);
      return bus;
    },
    down: () => server.kill(),
    up: async () => {
      server = await startNats({ port: server.port });
    },
    close: async () => {
      for (const bus of members) await bus.close();
      await server.stop();
    },
  };
});

test("[B13] a bus that is not there at the start is a rejection", async () => {
  await expect(openNatsBus(`nats://127.0.0.1:${await freePort()}`, rethrow)).rejects.toThrow();
});

test("[B13] what cannot be published is told, and the bus goes on", async () => {
  const server = await startNats();
  const faults: unknown[] = [];
  const bus = await openNatsBus(server.url, (error) => void faults.push(error));
  let heard = 0;
  bus.listen("t.a", () => void heard++);
  bus.publish("t.a", new Uint8Array(2_000_000));
  bus.publish("", new Uint8Array(1));
  expect(faults.length).toBe(2);
  bus.publish("t.a", new Uint8Array(1));
  await until("the good one came", () => heard === 1);
  await bus.close();
  await server.stop();
});

test("[B7] a hundred thousand payloads published while the bus is away take no memory", async () => {
  const server = await startNats();
  const bus = await openNatsBus(server.url, rethrow);
  await server.kill();
  await until("it knows", () => !bus.isUp());
  const before = process.memoryUsage();
  for (let i = 0; i < 100_000; i++) bus.publish("t.a", new Uint8Array(1_000));
  const after = process.memoryUsage();
  expect(after.arrayBuffers + after.heapUsed - before.arrayBuffers - before.heapUsed).toBeLessThan(120_000_000);
  await bus.flush();
  await bus.close();
});

test("[B7] a bus that is restarted again and again is reached again each time, with every listener", async () => {
  let server = await startNats();
  const bus = await openNatsBus(server.url, rethrow);
  let heard = 0;
  let ups = 0;
  for (let i = 0; i < 8; i++) bus.listen(`t.${i}`, () => void heard++);
  bus.onUp(() => void ups++);
  for (let round = 1; round <= 3; round++) {
    await server.kill();
    await until("it knows", () => !bus.isUp());
    server = await startNats({ port: server.port });
    await until("it is back", () => bus.isUp() && ups === round);
    heard = 0;
    for (let i = 0; i < 8; i++) bus.publish(`t.${i}`, new Uint8Array(1));
    await until("all listeners hear", () => heard === 8);
  }
  await bus.close();
  await server.stop();
});

test("[B17] user and password stand in the address, and a wrong one is a rejection that does not show it", async () => {
  const secret = "p@ss:word/ü";
  const joined = { region: "eu-west", gateways: [], leafPort: 1, secret };
  const server = await startNats({ as: { role: "bus", joined } });
  const at = new URL(server.url).host;
  const bus = await openNatsBus(`nats://app:${encodeURIComponent(secret)}@${at}`, rethrow);
  let heard = 0;
  bus.listen("t.a", () => void heard++);
  await bus.flush();
  bus.publish("t.a", new Uint8Array(1));
  await until("it is heard", () => heard === 1);
  await bus.close();
  const refused = await openNatsBus(`nats://app:s3cret@${at}`, rethrow).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(Error);
  expect(refused instanceof Error ? refused.stack : "").not.toContain("s3cret");
  await server.stop();
});
