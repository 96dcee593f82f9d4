import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { connect } from "nats";
import { expect, test } from "vitest";
import { startNats } from "../world/servers/nats.ts";
import { startRedis } from "../world/servers/redis.ts";
import { lives } from "./support/processes.ts";
import { until } from "./support/until.ts";

test("redis-server answers when started, and after stop neither process nor folder is left", async () => {
  const server = await startRedis();
  const redis = new Redis(server.url);
  expect(await redis.set("k", "v")).toBe("OK");
  const dir = (await redis.config("GET", "dir")) as string[] | Record<string, string> as Record<string, string>;
  redis.disconnect();
  await server.stop();
  expect(lives(server.pid)).toBe(false);
  expect(existsSync(Object.values(dir).at(-1) ?? "/")).toBe(false);
});

test("nats-server with streams answers in its domain", async () => {
  const server = await startNats({ jetstream: true, domain: "eu-west" });
  try {
    const bus = await connect({ servers: server.url });
    expect((await (await bus.jetstreamManager()).getAccountInfo()).domain).toBe("eu-west");
    await bus.close();
  } finally {
    await server.stop();
  }
});

test("a killed server comes back on the same port with what it kept", async () => {
  const dir = mkdtempSync(join(tmpdir(), "whisper-test-"));
  const first = await startNats({ jetstream: true, dir });
  const bus = await connect({ servers: first.url });
  await (await bus.jetstreamManager()).streams.add({ name: "kept", subjects: ["kept"] });
  await bus.close();
  await first.kill();
  expect(lives(first.pid)).toBe(false);
  const second = await startNats({ jetstream: true, dir, port: first.port });
  const again = await connect({ servers: second.url });
  expect((await (await again.jetstreamManager()).streams.info("kept")).config.name).toBe("kept");
  await again.close();
  await second.stop();
  rmSync(dir, { recursive: true });
});

test("two servers started at once never share a port", async () => {
  const servers = await Promise.all([startRedis(), startRedis(), startNats(), startNats()]);
  expect(new Set(servers.map((server) => server.port)).size).toBe(4);
  await Promise.all(servers.map((server) => server.kill()));
});

test.each([
  ["redis-server", startRedis],
  ["nats-server", startNats],
])("a missing %s names the Debian package", async (name, start) => {
  await expect(start({ program: `/nowhere/${name}` })).rejects.toThrow(`apt-get install ${name}`);
});

test.each([
  ["redis-server", startRedis],
  ["nats-server", startNats],
])("a taken port refuses %s and says which", async (_name, start) => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const address = taken.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  await expect(start({ port })).rejects.toThrow(String(port));
  taken.close();
});

test("a program that is no server is reported with what it printed", async () => {
  await expect(startRedis({ program: "/bin/echo" })).rejects.toThrow("--appendonly");
});

test("servers do not outlive a parent that is killed", async () => {
  const parent = spawn(process.execPath, [
    "--input-type=module",
    "-e",
    `const { startRedis } = await import(${JSON.stringify(join(import.meta.dirname, "../world/servers/redis.ts"))});
     const { startNats } = await import(${JSON.stringify(join(import.meta.dirname, "../world/servers/nats.ts"))});
     const servers = [await startRedis(), await startNats()];
     process.stdout.write(servers.map((server) => server.pid).join(" "));
     setInterval(() => {}, 1000);`,
  ]);
  let said = "";
  parent.stdout.on("data", (piece: Buffer) => {
    said += piece.toString();
  });
  await until("both servers run", () => said.includes(" "));
  const pids = said.split(" ").map(Number);
  expect(pids.every(lives)).toBe(true);
  parent.kill("SIGKILL");
  await until("both servers are gone", () => !pids.some(lives));
});
