import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { systemClock } from "@whisper/shared/base/clock";
import { newSessionId, type PoolName, type RegionName, type SessionId } from "@whisper/shared/base/ids";
import { systemRandom } from "@whisper/shared/base/random";
import {
  audienceOf,
  type Lane,
  nextEpoch,
  type SessionClaims,
  sessionClaimsOf,
} from "@whisper/shared/credentials/claims";
import { deviceHashOf } from "@whisper/shared/credentials/device-hash";
import { openJwt, signJwt } from "@whisper/shared/credentials/jwt";
import type { SigningJwk } from "@whisper/shared/credentials/signing-keys";
import { DEVICE_TOKEN_MS, SESSION_TOKEN_MS, TICKET_MS } from "@whisper/shared/limits";
import { signerOf } from "../engine/tickets.ts";

const TOKEN_CHARS_MAX = 2_048;
const S = 1_000;

/** A way into one pool. */
export type Way = { readonly pool: PoolName; readonly port: number };
export type SmallEdge = { readonly url: string; close(): void };

/**
 * As much of an edge as people need, in this process: `POST /v1/connect`, with tokens and tickets as the edge signs
 * them, to pools on this machine of which those that the caller avoids come last. It looks at no signature: it is for
 * runs of our own.
 */
export async function startSmallEdge(
  region: RegionName,
  key: SigningJwk,
  ways: readonly Way[],
  lane: Lane = "live",
): Promise<SmallEdge> {
  const signer = signerOf(key);
  let asked = 0;

  const admit = async (body: Readonly<Record<string, unknown>>): Promise<object> => {
    const held = sessionIn(body.session);
    const nowMs = systemClock.nowMs();
    const iat = Math.floor(nowMs / S);
    const home = held?.home ?? region;
    const sub: SessionId = held?.sub ?? newSessionId(systemRandom);
    const device = newSessionId(systemRandom);
    const dev = held?.dev ?? (await deviceHashOf(device));
    const ep = nextEpoch(nowMs, held?.ep ?? 0);
    const pools = inOrder(ways, region, body.avoid, asked++);
    const ticket = {
      ...{ typ: "ticket", sub, home, dev, net: "n", lane, ep, iat, exp: iat + TICKET_MS / S },
      ...{ aud: pools.map(({ pool }) => audienceOf(region, pool)), ...(held === undefined ? { new: true } : {}) },
    };
    return {
      session: await signJwt(
        { typ: "session", sub, home, dev, ep, lane, iat, exp: iat + SESSION_TOKEN_MS / S },
        signer,
      ),
      session_id: sub,
      device:
        held === undefined
          ? await signJwt({ typ: "device", sub: device, iat, exp: iat + DEVICE_TOKEN_MS / S }, signer)
          : body.device,
      ticket: await signJwt(ticket, signer),
      endpoints: pools.map(({ pool, port }) => ({ url: `ws://127.0.0.1:${port}/v1/socket`, region, pool })),
    };
  };

  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", async () => {
      const body = JSON.parse(Buffer.concat(parts).toString() || "{}");
      const count = Number(new URL(request.url ?? "", "http://edge").searchParams.get("count") ?? 0);
      const sessions: object[] = [];
      for (let i = 0; i < count; i++) sessions.push(await admit(body));
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(count > 0 ? { sessions } : await admit(body)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function sessionIn(token: unknown): SessionClaims | undefined {
  if (typeof token !== "string") return undefined;
  const opened = openJwt(token, TOKEN_CHARS_MAX);
  return opened.ok ? sessionClaimsOf(opened.value.payload) : undefined;
}

function inOrder(ways: readonly Way[], region: RegionName, avoid: unknown, turn: number): readonly Way[] {
  const avoided: readonly unknown[] = Array.isArray(avoid) ? avoid : [];
  const open = ways.filter(({ pool }) => !avoided.includes(audienceOf(region, pool)));
  const pools = open.length === 0 ? ways : open;
  return pools.map((_, i) => pools[(turn + i) % pools.length]).filter((way) => way !== undefined);
}
