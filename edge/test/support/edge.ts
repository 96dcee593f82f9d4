import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { type Random, systemRandom } from "@whisper/shared/base/random";
import type { TicketClaims } from "@whisper/shared/credentials/claims";
import { openJwt } from "@whisper/shared/credentials/jwt";
import { generateSigningKey, type SigningJwk } from "@whisper/shared/credentials/signing-keys";
import { inject } from "vitest";
import type { Admission } from "../../src/admission/come-in.ts";
import { createApp } from "../../src/app.ts";
import { buildIsolate, type Isolate } from "../../src/isolate.ts";
import type { ServeLegacy } from "../../src/routes/socket.ts";

export type PoolKind = "echo" | "mute" | "refuse" | "forgets" | "stale" | "full";
const standIns = inject("standIns" as never) as { readonly url: string; readonly ports: Record<PoolKind, number> };

export const START_MS = 1_780_000_000_000;
export const ORIGIN = "https://chat.example.org";
export const PLACES = { "eu-west": [50.1, 8.7], "us-east": [39, -77.5], "ap-south": [19.1, 72.9] } as const;
export const FRANKFURT = "50.1,8.7";
export const NEW_YORK = "40.7,-74";

export type FakePool = {
  readonly region: keyof typeof PLACES;
  readonly pool: string;
  readonly kind?: PoolKind;
  readonly state?: "up" | "draining" | "cordoned";
  readonly sockets?: number;
  readonly socketsMax?: number;
  readonly live?: number;
  /** How long before the directory's own time it was last heard. */
  readonly silentMs?: number;
};

const HALF: readonly FakePool[] = [
  { region: "eu-west", pool: "p1" },
  { region: "eu-west", pool: "p2" },
  { region: "us-east", pool: "p1" },
];

export type Setup = {
  readonly env?: Readonly<Record<string, unknown>>;
  readonly pools?: readonly FakePool[];
  readonly random?: Random;
  readonly keys?: readonly SigningJwk[];
  readonly serveLegacy?: ServeLegacy;
};

/** One edge as a fresh isolate would be, on real stand-ins, with a clock the test moves. */
export async function openEdge(setup: Setup = {}) {
  const room = crypto.randomUUID();
  const clock = { ms: START_MS };
  const keys = setup.keys ?? [await generateSigningKey(0, systemRandom)];
  const built = buildIsolate({
    WHISPER_ENV: "development",
    WHISPER_SIGNING_KEYS: JSON.stringify(keys),
    WHISPER_NETWORK_KEY: "k".repeat(32),
    WHISPER_UPSTASH_URL: standIns.url,
    WHISPER_UPSTASH_TOKEN: room,
    WHISPER_ORIGINS: ORIGIN,
    WHISPER_GEO_OVERRIDE: "1",
    ...(setup.env?.WHISPER_TURNSTILE_SITEKEY === undefined
      ? {}
      : { WHISPER_TURNSTILE_VERIFY_URL: `${standIns.url}/siteverify/${room}` }),
    ...setup.env,
  });
  if (!built.ok) throw new TypeError(built.code.join("; "));
  const isolate: Isolate = {
    ...built.value,
    clock: { nowMs: () => clock.ms },
    random: setup.random ?? systemRandom,
  };
  const app = createApp(isolate, setup.serveLegacy);
  const control = async (change: object) => {
    const answer = await fetch(`${standIns.url}/control/${room}`, { method: "POST", body: JSON.stringify(change) });
    return (await answer.json()) as { readonly calls: number; readonly verified: number };
  };
  const publish = (pools: readonly FakePool[], more: Readonly<Record<string, string>> = {}) =>
    control({ fields: { ...fieldsFor(pools, clock.ms), ...more } });
  await publish(setup.pools ?? HALF);

  const ask = async (path: string, init: RequestInit & { readonly geo?: string } = {}): Promise<Response> => {
    const headers = new Headers(init.headers);
    if (!headers.has("cf-connecting-ip")) headers.set("cf-connecting-ip", "192.0.2.1");
    headers.set("x-whisper-geo", init.geo ?? FRANKFURT);
    const context = createExecutionContext();
    const answer = await app.fetch(new Request(`http://edge.test${path}`, { ...init, headers }), {}, context);
    await waitOnExecutionContext(context);
    return answer;
  };
  const connect = (
    body: unknown = {},
    options: { query?: string; geo?: string; headers?: Record<string, string> } = {},
  ) =>
    ask(`/v1/connect${options.query ?? ""}`, {
      method: "POST",
      body: typeof body === "string" ? body : JSON.stringify(body),
      headers: { "content-type": "application/json", ...options.headers },
      ...(options.geo === undefined ? {} : { geo: options.geo }),
    });
  const admitted = async (body: unknown = {}, options: Parameters<typeof connect>[1] = {}): Promise<Admission> => {
    const answer = await connect(body, options);
    if (answer.status !== 200) throw new TypeError(`refused: ${await answer.text()}`);
    return answer.json();
  };
  return { app, isolate, clock, keys, control, publish, ask, connect, admitted, room };
}
export type EdgeUnderTest = Awaited<ReturnType<typeof openEdge>>;

/** The directory's hash as a clerk writes it. */
export function fieldsFor(pools: readonly FakePool[], atMs: number): Record<string, string> {
  const fields: Record<string, string> = { at: String(atMs) };
  for (const pool of pools) {
    const [lat, lon] = PLACES[pool.region];
    fields[`${pool.region}/${pool.pool}`] = JSON.stringify({
      region: pool.region,
      pool: pool.pool,
      url: `ws://127.0.0.1:${standIns.ports[pool.kind ?? "echo"]}/v1/socket`,
      lat,
      lon,
      state: pool.state ?? "up",
      live: pool.live ?? 0,
      sockets: pool.sockets ?? 0,
      socketsMax: pool.socketsMax ?? 1_000,
      atMs: atMs - (pool.silentMs ?? 0),
      ops: "127.0.0.1:9101",
    });
  }
  return fields;
}

export type ErrorBody = {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly retry_after?: number;
    readonly sitekey?: string;
    readonly action?: string;
  };
};

/** The refusal in an answer; fails for anything that has not the one shape of an error. */
export async function refusalIn(answer: Response): Promise<ErrorBody["error"] & { readonly status: number }> {
  const { error } = (await answer.json()) as ErrorBody;
  if (typeof error.code !== "string" || typeof error.message !== "string") throw new TypeError("not the error shape");
  return { ...error, status: answer.status };
}

/** The claims of a token, its signature not looked at. */
export function claimsOf<C = TicketClaims>(token: string): C {
  const opened = openJwt(token, 4_096);
  if (!opened.ok) throw new TypeError("not a token");
  return opened.value.payload as C;
}

/** How many sockets are open at the pools of a kind, over all tests that run. */
export async function openSocketsAt(kind: PoolKind): Promise<number> {
  return (await fetch(`${standIns.url}/open/${kind}`)).json();
}
