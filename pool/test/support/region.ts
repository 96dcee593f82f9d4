import { createPublicKey, verify } from "node:crypto";
import { toBase64Url } from "@whisper/shared/base/base64url";
import { type Clock, systemClock } from "@whisper/shared/base/clock";
import {
  type DeviceHash,
  newSessionId,
  type PoolName,
  parseAddress,
  type RegionName,
  type SessionId,
} from "@whisper/shared/base/ids";
import { systemRandom } from "@whisper/shared/base/random";
import { heartbeatOf } from "@whisper/shared/bus/heartbeat";
import { heartbeatSubject } from "@whisper/shared/bus/subjects";
import { audienceOf, type TicketClaims } from "@whisper/shared/credentials/claims";
import { signJwt } from "@whisper/shared/credentials/jwt";
import { generateSigningKey, type SigningJwk } from "@whisper/shared/credentials/signing-keys";
import type { Verifier } from "@whisper/shared/credentials/verify";
import { TICKET_MS } from "@whisper/shared/limits";
import { createMemoryNetwork, type MemoryBus, type MemoryNetwork } from "../../src/adapters/memory/memory-bus.ts";
import { openMemoryDirectory } from "../../src/adapters/memory/memory-directory.ts";
import { openMemoryRecords } from "../../src/adapters/memory/memory-records.ts";
import { openMemoryReports } from "../../src/adapters/memory/memory-reports.ts";
import { openMemoryWaitingList } from "../../src/adapters/memory/memory-waiting-list.ts";
import { nodeSigner } from "../../src/adapters/node-keys.ts";
import { startClerk } from "../../src/clerk/clerk.ts";
import { newHandoverKey } from "../../src/clerk/handover.ts";
import { RECORDS_SETTINGS } from "../../src/clerk/records-settings.ts";
import { checkText, cleanInterests } from "../../src/content/check-text.ts";
import { type DeskSettings, deskSettings } from "../../src/matcher/desk-settings.ts";
import type { Timers } from "../../src/matcher/due-looks.ts";
import { startMatcher } from "../../src/matcher/matcher.ts";
import type { Bus, Log, Records, Reports, WaitingList } from "../../src/ports.ts";
import { createMail, type Mail } from "../../src/runtime/mail.ts";
import { systemTimers } from "../../src/runtime/timers.ts";
import { SHARD_DEFAULTS, type ShardSettings } from "../../src/shard/settings.ts";
import { Shard } from "../../src/shard/shard.ts";
import { Stranger } from "./stranger.ts";

export const REGION = "eu-west" as RegionName;
const poolOf = (shard: number): PoolName => `p${shard + 1}` as PoolName;

/** Lines that went to the log, for tests that look. */
export type HeardLog = Log & { readonly lines: string[] };
export const heardLog = (): HeardLog => {
  const lines: string[] = [];
  const add = (event: string, fields?: object): void => void lines.push(`${event} ${JSON.stringify(fields ?? {})}`);
  return { lines, info: add, warn: add, error: add };
};

export type TestRegion = {
  readonly network: MemoryNetwork;
  readonly shards: readonly Shard[];
  /** The bus as each shard has it. */
  readonly buses: readonly MemoryBus[];
  readonly records: Records;
  /** The store of the records is lost and comes back empty. */
  loseRecords(): void;
  readonly desk: Pick<WaitingList, "size">;
  /** The desk's waiting list is lost and comes back empty. */
  loseDesk(): void;
  readonly reports: Reports;
  readonly log: HeardLog;
  /** A ticket for one of the shards, as the edge would sign it. */
  ticket(claims?: Partial<TicketClaims>, shard?: number): Promise<string>;
  /** Signs whatever it is given with the region's key. */
  sign(claims: object): Promise<string>;
  /** Somebody new, or an old session, on a shard. */
  enter(options?: {
    readonly session?: SessionId;
    readonly device?: DeviceHash;
    readonly shard?: number;
    readonly ep?: number;
    readonly fresh?: boolean;
  }): Promise<Stranger>;
  urlOf(shard: number): string;
  stop(): Promise<void>;
};

export const newDevice = (): DeviceHash => toBase64Url(systemRandom.bytes(8)) as DeviceHash;

/** What the pools' supervisors would say; the answer stops it. */
function beat(shards: readonly Shard[], mail: Mail, everyMs: number): () => void {
  const say = (): void => {
    for (const one of shards) {
      const { region, pool, url, sockets, live, socketsMax: max, state } = one.report();
      const { shard, incarnation } = parseAddress(one.address) ?? { shard: 0, incarnation: "" };
      const line = { shard, incarnation, sockets, live, max, state, answered: true };
      mail.send(heartbeatSubject(region, pool), heartbeatOf({ region, pool, url }, [line]));
    }
  };
  say();
  const timer = setInterval(say, everyMs);
  return () => clearInterval(timer);
}

/** A waiting list in whose place another may come, for a desk that must not notice. */
function replaceable(first: WaitingList): { readonly now: WaitingList; replace(by: WaitingList): void } {
  let current = first;
  const now = new Proxy(first, { get: (_, name) => Reflect.get(current, name) });
  return {
    now,
    replace(by) {
      current = by;
    },
  };
}

/** A region in this process: real sockets, real tickets, every role, the bus and the stores in memory. */
export async function startRegion(
  options: {
    readonly shards?: number;
    readonly settings?: Partial<ShardSettings>;
    readonly desk?: Partial<DeskSettings>;
    readonly clock?: Clock;
    /** What tickets are signed with, when somebody else signs some too. */
    readonly key?: SigningJwk;
    readonly mail?: (mail: Mail, bus: Bus, shard: number) => Mail;
    /** What the desk waits with; the machine's timers if not given. */
    readonly timers?: Timers;
    /** A bus for a shard, or for another role; one in memory if not given. */
    readonly bus?: (shard: number | undefined, onFault: (error: unknown) => void) => Promise<Bus>;
    /** Publishes each shard's heartbeat, as a supervisor would: every so many milliseconds, 200 for `true`. */
    readonly beats?: boolean | number;
  } = {},
): Promise<TestRegion> {
  const clock = options.clock ?? systemClock;
  const log = heardLog();
  const network = createMemoryNetwork();
  const onFault = (error: unknown): void => log.error("bus_listener", { error: String(error) });
  const buses: MemoryBus[] = [];
  const opened: Bus[] = [];
  const join = async (shard?: number): Promise<Bus> => {
    if (options.bus !== undefined) {
      const bus = await options.bus(shard, onFault);
      opened.push(bus);
      return bus;
    }
    const bus = network.join(onFault);
    if (shard !== undefined) buses.push(bus);
    return bus;
  };
  const mail = async (): Promise<Mail> => createMail(await join(), setImmediate);
  const key = options.key ?? (await generateSigningKey(clock.nowMs(), systemRandom));
  const signer = nodeSigner(key);
  const publicKey = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: key.x }, format: "jwk" });
  const handoverKey = await newHandoverKey(REGION, 0, systemRandom);
  const handoverPublic = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: handoverKey.x }, format: "jwk" });
  const known = new Map([
    [key.kid, publicKey],
    [handoverKey.kid, handoverPublic],
  ]);
  const keys: Verifier = {
    knows: (kid) => known.has(kid),
    verify: (opened) => {
      const signedBy = known.get(opened.kid);
      return signedBy === undefined ? "unknown_kid" : verify(null, opened.signed, signedBy, opened.signature);
    },
  };
  const open = (): Records => openMemoryRecords({ ...RECORDS_SETTINGS, settleMs: 0 }, clock, systemRandom);
  let store = open();
  let desksLost = 0;
  const records: Records = {
    admit: (...asked) => store.admit(...asked),
    write: (...asked) => store.write(...asked),
    endHalf: (...asked) => store.endHalf(...asked),
    where: (...asked) => store.where(...asked),
    holderOf: (...asked) => store.holderOf(...asked),
    touch: (...asked) => store.touch(...asked),
    forget: (...asked) => store.forget(...asked),
    ban: (...asked) => store.ban(...asked),
    generations: (...asked) => store.generations(...asked),
    deskGeneration: async (nowMs) => `${await store.deskGeneration(nowMs)}.${desksLost}`,
    close: () => store.close(),
  };
  const reports = openMemoryReports();
  const directory = openMemoryDirectory();
  const openDesk = (): WaitingList =>
    openMemoryWaitingList(deskSettings(REGION, { seeksPerWindow: 10_000, ...options.desk }), systemRandom);
  const list = replaceable(openDesk());
  const clerk = await startClerk({
    mail: await mail(),
    region: REGION,
    records,
    directory,
    log,
    clock,
    random: systemRandom,
    handoverKey,
    birthsEveryMs: 100,
  });
  const timers = options.timers ?? systemTimers;
  const matcher = startMatcher({ mail: await mail(), region: REGION, list: list.now, clock, log, timers });
  const shards: Shard[] = [];
  for (let i = 0; i < (options.shards ?? 1); i++) {
    const settings: ShardSettings = {
      ...SHARD_DEFAULTS,
      region: REGION,
      pool: poolOf(i),
      shard: 0,
      lat: 0,
      lon: 0,
      socketsMax: 1_000,
      ...options.settings,
    };
    const bus = await join(i);
    const own = createMail(bus, setImmediate);
    const world = {
      bus,
      keys,
      reports,
      clock,
      random: systemRandom,
      log,
      isBlocked: (text: string) => checkText(text).blocked,
      cleanInterests,
    };
    const shard = new Shard(settings, { ...world, mail: options.mail?.(own, bus, i) ?? own });
    await shard.start();
    shards.push(shard);
  }
  const { beats = false } = options;
  const beatMs = beats === true ? 200 : beats;
  const stopBeating = beatMs === false ? () => undefined : beat(shards, await mail(), beatMs);
  const urlOf = (shard: number): string => `ws://127.0.0.1:${shards[shard]?.port}/v1/socket`;
  let lastEp = clock.nowMs() * 4;
  const ticket = (claims: Partial<TicketClaims> = {}, shard = 0): Promise<string> => {
    const iat = Math.floor(clock.nowMs() / 1_000);
    lastEp += 4;
    return signJwt(
      {
        typ: "ticket",
        sub: newSessionId(systemRandom),
        home: REGION,
        dev: newDevice(),
        net: "n",
        lane: "live",
        aud: [audienceOf(REGION, poolOf(shard))],
        ep: lastEp,
        iat,
        exp: iat + TICKET_MS / 1_000,
        ...claims,
      } satisfies TicketClaims,
      signer,
    );
  };
  return {
    network,
    shards,
    buses,
    records,
    loseRecords() {
      store = open();
    },
    desk: list.now,
    loseDesk() {
      list.replace(openDesk());
      desksLost++;
    },
    reports,
    log,
    ticket,
    urlOf,
    sign: (claims) => signJwt(claims, signer),
    async enter({ session, device, shard = 0, ep, fresh = session === undefined } = {}) {
      const claims: Partial<TicketClaims> = {
        ...(session === undefined ? {} : { sub: session }),
        ...(device === undefined ? {} : { dev: device }),
        ...(ep === undefined ? {} : { ep }),
        ...(fresh ? { new: true as const } : {}),
      };
      return Stranger.withTicket(urlOf(shard), await ticket(claims, shard));
    },
    async stop() {
      stopBeating();
      for (const shard of shards) await shard.stop();
      await matcher.stop();
      await clerk.stop();
      for (const bus of opened) await bus.close();
    },
  };
}
