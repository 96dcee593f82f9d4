import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { OpsWatch, readingIn, sampleOf } from "./ops-watch.ts";

const PAGE = `# HELP whisper_connections_total Sockets on this shard.
# TYPE whisper_connections_total gauge
whisper_connections_total{region="eu-west",pool="p1",shard="0"} 3
whisper_connections_total{region="eu-west",pool="p1",shard="1"} 4
whisper_active_chats{shard="0"} 2
whisper_process_memory_bytes{shard="0"} 1.5e+8
whisper_process_cpu_seconds_total{shard="0"} 2.5
whisper_messages_total{type="sent"} 9
`;

test("the numbers of all shards of a page are added up", () => {
  expect(readingIn(PAGE)).toEqual({ sockets: 7, chats: 2, rssBytes: 150_000_000, cpuS: 2.5 });
});

test.each([
  ["nothing", ""],
  ["a page of somebody else", "<html>whisper_connections_total 3x</html>"],
  ["numbers that are none", 'whisper_connections_total{a="b"} NaN\nwhisper_active_chats 1.2.3\n'],
])("a page that tells nothing is all 0: %s", (_what, page) => {
  expect(readingIn(page)).toEqual({ sockets: 0, chats: 0, rssBytes: 0, cpuS: 0 });
});

const READING = { sockets: 1, chats: 0, rssBytes: 5, cpuS: 12 };
test.each([
  ["two cores between two looks", 10_000, { at: 8_000, cpuS: 8 }, 2],
  ["a process that began anew", 10_000, { at: 8_000, cpuS: 40 }, 0],
  ["the first look", 10_000, { at: 10_000, cpuS: 12 }, 0],
])("the cores that were used: %s", (_what, atMs, before, cores) => {
  expect(sampleOf("a:1", atMs, READING, before).cpuCores).toBe(cores);
});

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function opened(answer: (no: number) => { status: number; body: string }): Promise<string> {
  let asked = 0;
  server = createServer((_request, response) => {
    const { status, body } = answer(asked++);
    response.statusCode = status;
    response.end(body);
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("ports that answer have samples, ports that do not have none", async () => {
  const url = await opened((no) => ({ status: no === 1 ? 503 : 200, body: PAGE }));
  let nowMs = 0;
  const watch = new OpsWatch([url, "http://127.0.0.1:1"], () => nowMs);
  for (const at of [0, 2_000, 4_000]) {
    nowMs = at;
    await watch.look();
  }
  await watch.stop();
  expect(watch.samples.map(({ atMs, ops }) => [atMs, ops])).toEqual([
    [0, new URL(url).host],
    [4_000, new URL(url).host],
    [4_000, new URL(url).host],
  ]);
});
