import { createServer, type ServerResponse } from "node:http";
import { systemClock } from "@whisper/shared/base/clock";
import { systemRandom } from "@whisper/shared/base/random";
import { Secret } from "@whisper/shared/base/secret";
import { DIRECTORY_KEY } from "@whisper/shared/directory/pool-report";
import { expect, test } from "vitest";
import { openRedisTurn } from "../src/adapters/redis/redis-turn.ts";
import { openUpstashDirectory } from "../src/adapters/upstash/upstash-directory.ts";
import { startRedis } from "../world/servers/redis.ts";
import { memoryStore } from "../world/upstash/memory-store.ts";
import { redisStore } from "../world/upstash/redis-store.ts";
import { startUpstash } from "../world/upstash/upstash-server.ts";
import { directoryContract, key, NOW_MS, report } from "./contract/directory.contract.ts";
import { until } from "./support/until.ts";

const TOKEN = "a-token-for-tests";
const at = (url: string, token = TOKEN) => openUpstashDirectory({ url, token: new Secret(token), answerMs: 300 });

directoryContract("upstash over memory", async () => {
  const store = memoryStore(systemClock);
  const server = await startUpstash({ store, token: TOKEN });
  return {
    directory: at(server.url),
    spoil: async (field, text) => void (await store.call(["HSET", DIRECTORY_KEY, field, text])),
    close: () => server.stop(),
  };
});

directoryContract("upstash over redis", async () => {
  const redis = await startRedis();
  const store = redisStore(redis.url);
  const server = await startUpstash({ store, token: TOKEN });
  return {
    directory: at(server.url),
    spoil: async (field, text) => void (await store.call(["HSET", DIRECTORY_KEY, field, text])),
    close: async () => {
      await server.stop();
      await redis.stop();
    },
  };
});

/** An endpoint that answers as it is told. */
async function oddEndpoint(answer: (response: ServerResponse) => void) {
  const server = createServer((_request, response) => answer(response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

const odd: readonly [string, (response: ServerResponse) => void][] = [
  ["a refusal", (response) => response.writeHead(401).end('{"error":"WRONGPASS a-token-for-tests"}')],
  ["no JSON", (response) => response.end("<html>")],
  ["no list", (response) => response.end('{"result":1}')],
  ["an empty list", (response) => response.end("[]")],
  ["a refused command", (response) => response.end('[{"error":"ERR a-token-for-tests"}]')],
  ["null", (response) => response.end("[null]")],
  ["a redirect", (response) => response.writeHead(302, { location: "http://127.0.0.1:1/" }).end()],
  ["half an answer", (response) => void response.writeHead(200, { "content-length": "99" }).write("[{")],
  ["nothing", () => undefined],
];
test.each(odd)(
  "[R22] an endpoint that answers %s is a rejection in its time, without the token",
  async (_what, answer) => {
    const endpoint = await oddEndpoint(answer);
    const directory = at(endpoint.url);
    const startedMs = performance.now();
    const failed = await directory
      .publish([report("p1")], NOW_MS, key("eu-west-abcdefg"))
      .catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(Error);
    expect(String(failed)).not.toContain(TOKEN);
    await expect(directory.read()).rejects.toThrow();
    expect(performance.now() - startedMs).toBeLessThan(2_000);
    endpoint.close();
  },
);

test("[R22] an endpoint that is not there is a rejection, and a wrong token too", async () => {
  const server = await startUpstash({ store: memoryStore(systemClock), token: TOKEN });
  await expect(at(server.url, "another").publish([report("p1")], NOW_MS)).rejects.toThrow("401");
  await server.stop();
  await expect(at(server.url).read()).rejects.toThrow();
});

test("[R18] of several clerks one has the turn, another when it is gone, and nobody while Redis is away", async () => {
  const redis = await startRedis();
  const clerks = await Promise.all([1, 2, 3].map(() => openRedisTurn(redis.url, 300, systemRandom, () => undefined)));
  const turns = async (): Promise<boolean[]> => Promise.all(clerks.map((clerk) => clerk.isMine()));
  const first = await turns();
  expect(first.filter(Boolean).length).toBe(1);
  expect(await turns()).toEqual(first);
  const [holder] = clerks.splice(first.indexOf(true), 1);
  await holder?.close();
  await until("another has it", async () => (await turns()).includes(true));
  expect((await turns()).filter(Boolean).length).toBe(1);
  await redis.kill();
  await until("nobody has it", async () => !(await turns()).includes(true));
  for (const clerk of clerks) await clerk.close();
});
