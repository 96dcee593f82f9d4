import { newSessionId, type RegionName } from "@whisper/shared/base/ids";
import { audienceOf, type Lane } from "@whisper/shared/credentials/claims";
import { deviceHashOf } from "@whisper/shared/credentials/device-hash";
import { signJwt } from "@whisper/shared/credentials/jwt";
import type { LatLon } from "@whisper/shared/directory/distance";
import type { PoolReport } from "@whisper/shared/directory/pool-report";
import { Refusal } from "@whisper/shared/errors";
import { PROTOCOL } from "@whisper/shared/protocol/version";
import type { Isolate } from "../isolate.ts";
import type { Listing, Meter, WaitUntil } from "../ports.ts";
import { claimsFor, deviceClaimsFor, type Held, isDeviceAging, regionOrder, sessionToResume } from "./admit.ts";
import { ChallengeWanted } from "./challenge-wanted.ts";
import { choosePools, freePlaces } from "./choose-pool.ts";
import { heldBy } from "./held.ts";
import type { LoadPass } from "./load-pass.ts";
import { regionsByDistance } from "./nearest.ts";

const NO_ROOM_RETRY_S = 5;

/** Who calls, as the platform tells it. */
export type Caller = {
  /** An IPv4 address or an IPv6 /64. */
  readonly network: string;
  readonly address: string | undefined;
  readonly place: LatLon | undefined;
  readonly nowMs: number;
  readonly waitUntil: WaitUntil;
};

/** What a caller asks for, read and bounded. */
export type Ask = {
  readonly session?: string | undefined;
  readonly device?: string | undefined;
  readonly challenge?: string | undefined;
  readonly avoid: ReadonlySet<string>;
  readonly region?: RegionName | undefined;
};

export type Endpoint = { readonly url: string; readonly region: string; readonly pool: string };

/** What a person needs to open a socket (DESIGN §4). Times in milliseconds since 1970. */
export type Admission = {
  readonly session: string;
  readonly session_id: string;
  readonly device: string;
  readonly expires_at: number;
  readonly ticket: string;
  readonly ticket_expires_at: number;
  readonly protocol: typeof PROTOCOL;
  readonly endpoints: readonly Endpoint[];
};

/** Admits one person, or refuses. Asks the directory's copy only; signs twice, three times for a new device. */
export async function comeIn(isolate: Isolate, caller: Caller, ask: Ask, pass?: LoadPass): Promise<Admission> {
  const { nowMs, network } = caller;
  let proven = pass !== undefined;
  if (!proven) proven = await meterOrProof(isolate, caller, ask, await isolate.connects.take(network, nowMs));
  const held = await heldBy(ask, isolate.keys, nowMs); // after the meter: two signatures cost more than all before them
  if (!proven && held.device === undefined)
    await meterOrProof(isolate, caller, ask, await isolate.devices.take(network, nowMs));
  const lane = pass === undefined ? undefined : "test";
  if (pass !== undefined && sessionToResume(held, lane) === undefined) isolate.passes.mint(pass, 1);
  return admit(isolate, caller, ask, { held, lane, listing: await listingFor(isolate, caller) });
}

/** Mints `count` new people of lane `test` at once, on the strength of a load pass. */
export async function comeInMany(
  isolate: Isolate,
  caller: Caller,
  ask: Ask,
  batch: { readonly pass: LoadPass; readonly count: number },
): Promise<readonly Admission[]> {
  isolate.passes.mint(batch.pass, batch.count);
  const listing = await listingFor(isolate, caller);
  const admissions: Admission[] = [];
  const held: Held = { device: undefined, session: undefined };
  for (let i = 0; i < batch.count; i++)
    admissions.push(await admit(isolate, caller, ask, { held, listing, lane: "test" }));
  return admissions;
}

/** The directory, or the refusal that there is none. */
export async function listingFor(isolate: Isolate, caller: Caller): Promise<Listing> {
  const listing = await isolate.directory.at(caller.nowMs, caller.waitUntil);
  if (listing === undefined) throw new Refusal("no_capacity", { retryAfterS: NO_ROOM_RETRY_S });
  return listing;
}

/** Goes on when the meter took it (false) or the caller proved to be a person (true); else refuses. */
async function meterOrProof(
  { challenge }: Isolate,
  caller: Caller,
  ask: Ask,
  metered: Awaited<ReturnType<Meter["take"]>>,
): Promise<boolean> {
  if (metered === "taken") return false;
  if (challenge === undefined) throw new Refusal("rate_limited", metered);
  if (ask.challenge !== undefined && (await challenge.holds(ask.challenge, caller.address))) return true;
  throw new ChallengeWanted(challenge);
}

/** The pools for a caller, the place at the first promised to them; refuses when nothing is left. */
export function choosePoolsFor(
  isolate: Isolate,
  caller: Caller,
  ask: Pick<Ask, "avoid" | "region">,
  listing: Listing,
  home: RegionName | undefined,
): readonly [PoolReport, ...PoolReport[]] {
  const { reports, atMs } = listing;
  if (ask.region !== undefined && !reports.some(({ region }) => region === ask.region))
    throw new Refusal("unknown_region");
  const nearest = regionsByDistance(reports, caller.place, isolate.random);
  const freeOf = (report: PoolReport): number =>
    freePlaces(report, isolate.promised.of(audienceOf(report.region, report.pool), caller.nowMs), atMs);
  const wish = { regions: regionOrder(nearest, home, ask.region), avoid: ask.avoid };
  const [first, ...others] = choosePools(reports, freeOf, wish, isolate.random);
  if (first === undefined) throw new Refusal("no_capacity", { retryAfterS: NO_ROOM_RETRY_S });
  isolate.promised.promise(audienceOf(first.region, first.pool), 1, caller.nowMs);
  return [first, ...others];
}

type Known = { readonly held: Held; readonly listing: Listing; readonly lane: Lane | undefined };

async function admit(isolate: Isolate, caller: Caller, ask: Ask, known: Known): Promise<Admission> {
  const { nowMs } = caller;
  const resumes = sessionToResume(known.held, known.lane);
  const pools = choosePoolsFor(isolate, caller, ask, known.listing, resumes?.home);
  const signer = await isolate.keys.signerAt(nowMs);
  const device = await deviceFor(isolate, ask, known.held, nowMs);
  const claims = claimsFor(
    {
      session: resumes?.sub ?? newSessionId(isolate.random),
      device: device.hash,
      network: await isolate.networkHash.of(caller.network, nowMs),
      lane: resumes?.lane ?? known.lane ?? "live",
      resumes,
    },
    pools,
    nowMs,
  );
  return {
    session: await signJwt(claims.session, signer),
    session_id: claims.session.sub,
    device: device.token,
    expires_at: claims.session.exp * 1_000,
    ticket: await signJwt(claims.ticket, signer),
    ticket_expires_at: claims.ticket.exp * 1_000,
    protocol: PROTOCOL,
    endpoints: pools.map(({ url, region, pool }) => ({ url, region, pool })),
  };
}

async function deviceFor(isolate: Isolate, ask: Ask, held: Held, nowMs: number) {
  const known = held.device;
  if (known !== undefined && ask.device !== undefined && !isDeviceAging(known.claims, nowMs))
    return { hash: known.hash, token: ask.device };
  const sub = known?.claims.sub ?? newSessionId(isolate.random);
  const token = await signJwt(deviceClaimsFor(sub, nowMs), await isolate.keys.signerAt(nowMs));
  return { hash: known?.hash ?? (await deviceHashOf(sub)), token };
}
