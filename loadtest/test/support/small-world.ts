import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { systemClock } from "@whisper/shared/base/clock";
import { newSessionId, type PoolName, type RegionName } from "@whisper/shared/base/ids";
import { systemRandom } from "@whisper/shared/base/random";
import { audienceOf, type Lane } from "@whisper/shared/credentials/claims";
import { deviceHashOf } from "@whisper/shared/credentials/device-hash";
import { signJwt } from "@whisper/shared/credentials/jwt";
import { generateSigningKey, publicHalf, type SigningJwk } from "@whisper/shared/credentials/signing-keys";
import { TICKET_MS } from "@whisper/shared/limits";
import { type Helper, startHelper } from "../../src/bench/processes.ts";
import { signerOf } from "../../src/engine/tickets.ts";

const REGION = "eu-west" as RegionName;
const SOCKETS_MAX = 16_000;

/** Where an edge sends people: `urls` in the order of the endpoints. */
export type SmallEdge = { readonly url: string; asked: number; close(): void };

/** A shard with its desk, clerk and bus, each in a process; and what its tickets are signed with. */
export type SmallWorld = {
  readonly key: SigningJwk;
  readonly shards: readonly { readonly pool: PoolName; readonly port: number; readonly helper: Helper }[];
  stop(): Promise<void>;
};

/** Starts `count` pools of one shard each. */
export async function startSmallWorld(count = 1): Promise<SmallWorld> {
  const key = await generateSigningKey(systemClock.nowMs(), systemRandom);
  const region = await startHelper("the region", "pool/bench/region-process.ts", { region: REGION });
  const shards: { pool: PoolName; port: number; helper: Helper }[] = [];
  for (let at = 0; at < count; at++) {
    const pool = `p${at + 1}` as PoolName;
    const options = {
      region: REGION,
      pool,
      socketsMax: SOCKETS_MAX,
      natsUrl: region.ready.natsUrl,
      key: publicHalf(key),
    };
    const helper = await startHelper(`the shard of ${pool}`, "pool/bench/shard-process.ts", options);
    shards.push({ pool, port: Number(helper.ready.port), helper });
  }
  return {
    key,
    shards,
    async stop() {
      for (const { helper } of shards) await helper.stop();
      await region.stop();
    },
  };
}

type Way = { readonly pool: PoolName; readonly port: number };

/** As much of an edge as people need: `POST /v1/connect` with real tickets, to the pools that are not avoided. */
export async function startSmallEdge(key: SigningJwk, ways: readonly Way[], lane: Lane = "live"): Promise<SmallEdge> {
  const signer = signerOf(key);
  let lastEp = systemClock.nowMs() * 4;
  const ticketFor = async (session: string, device: string, isNew: boolean, pools: readonly Way[]): Promise<string> => {
    const iat = Math.floor(systemClock.nowMs() / 1_000);
    lastEp += 4;
    return signJwt(
      {
        ...{ typ: "ticket", sub: session, home: REGION, dev: await deviceHashOf(device), net: "n", lane },
        ...{ aud: pools.map(({ pool }) => audienceOf(REGION, pool)), ep: lastEp, iat, exp: iat + TICKET_MS / 1_000 },
        ...(isNew ? { new: true } : {}),
      },
      signer,
    );
  };
  const edge = { url: "", asked: 0, close: (): void => {} };
  const admit = async (body: Readonly<Record<string, unknown>>): Promise<object> => {
    const isNew = typeof body.session !== "string";
    const session = isNew ? newSessionId(systemRandom) : String(body.session);
    const device = isNew ? newSessionId(systemRandom) : String(body.device);
    const avoided = Array.isArray(body.avoid) ? body.avoid : [];
    const open = ways.filter(({ pool }) => !avoided.includes(audienceOf(REGION, pool)));
    const pools = open.length === 0 ? ways : open;
    const first = pools[edge.asked++ % pools.length];
    const order = first === undefined ? [] : [first, ...pools.filter((one) => one !== first)].slice(0, 3);
    return {
      session,
      session_id: session,
      device,
      ticket: await ticketFor(session, device, isNew, order),
      endpoints: order.map(({ pool, port }) => ({ url: `ws://127.0.0.1:${port}/v1/socket`, region: REGION, pool })),
    };
  };
  const server: Server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", async () => {
      const count = Number(new URL(request.url ?? "", "http://x").searchParams.get("count") ?? 0);
      const body = JSON.parse(Buffer.concat(parts).toString() || "{}");
      const many = async (): Promise<object[]> => {
        const sessions = [];
        for (let i = 0; i < count; i++) sessions.push(await admit(body));
        return sessions;
      };
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(count > 0 ? { sessions: await many() } : await admit(body)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  edge.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  edge.close = () => {
    server.close();
    server.closeAllConnections();
  };
  return edge;
}
