import {
  type Address,
  type AddressParts,
  type PoolName,
  parseAddress,
  type RegionName,
} from "@whisper/shared/base/ids";
import { heartbeatOf, linesOf, type ShardHeard, type ShardLine } from "@whisper/shared/bus/heartbeat";
import type { Memo, MemoOf } from "@whisper/shared/bus/memos";
import { heartbeatSubject, heartbeatsOf } from "@whisper/shared/bus/subjects";
import { OWN_LINE_MS } from "@whisper/shared/limits";
import type { Bus } from "../ports.ts";
import type { Mail } from "../runtime/mail.ts";
import type { Event } from "./event.ts";
import type { Hub, Person } from "./hub.ts";
import { Peers } from "./peers.ts";

export type WatchWorld = {
  readonly own: Address;
  readonly hub: Hub;
  readonly bus: Pick<Bus, "isUp" | "onUp">;
  readonly mail: Pick<Mail, "send" | "listen">;
  readonly nowMs: () => number;
  /** Whether this shard's pool has a supervisor that publishes heartbeats; without one nobody is judged by silence. */
  readonly hasHeartbeats: boolean;
  /** What this shard would say of itself. */
  readonly line: () => ShardLine;
  apply(person: Person, event: Event): void;
};

/** What a pool's newest heartbeat said. */
export type PoolHeard = {
  readonly pool: PoolName;
  readonly url: string | undefined;
  readonly lines: readonly ShardHeard[];
};

const LOOK_EVERY_MS = 1_000;

/**
 * Watches the shards where this one's people have partners, by the heartbeats of their pools (DESIGN §7): of its own
 * region, and of each region as soon as somebody there is a partner.
 */
export class Watch {
  readonly #world: WatchWorld;
  readonly #peers: Peers;
  readonly #parts: AddressParts;
  readonly #listening = new Map<RegionName, { stop(): void }>();
  /** The newest heartbeat of each pool. */
  readonly #pools = new Map<PoolName, PoolHeard & { readonly atMs: number }>();
  #lookedMs = 0;
  #turnedMs: number;
  #stillMs = 0;

  constructor(world: WatchWorld, parts: AddressParts) {
    this.#world = world;
    this.#parts = parts;
    this.#turnedMs = world.nowMs();
    this.#peers = new Peers(world.own, this.#turnedMs);
  }

  /** Listens; the answer stops it. */
  start(): () => void {
    if (!this.#world.hasHeartbeats) return () => undefined;
    this.#listenTo(this.#parts.region);
    return () => {
      for (const listening of this.#listening.values()) listening.stop();
    };
  }

  /** Whether this shard may judge who is absent. */
  judges(): boolean {
    return this.#world.hasHeartbeats ? this.#peers.judges(this.#world.nowMs()) : this.#world.bus.isUp();
  }

  /** For how long, all in all, this shard might not judge: its absence clocks stood still (DESIGN §7). */
  get stillMs(): number {
    return this.#stillMs;
  }

  /** The pools of this region that were heard within the last three seconds, this one's left out. */
  siblings(): readonly PoolHeard[] {
    const since = this.#world.nowMs() - 3_000;
    return [...this.#pools.values()].filter(({ pool, atMs }) => pool !== this.#parts.pool && atMs >= since);
  }

  /** Each turn of the shard's loop; looks at the partners once a second. */
  turn(nowMs: number): void {
    const { bus, hasHeartbeats } = this.#world;
    this.#peers.turn(nowMs);
    this.#peers.busIsUp(bus.isUp(), nowMs);
    // A gap of its own makes the whole of it uncertain: nobody was heard meanwhile.
    if (!this.judges()) this.#stillMs += nowMs - this.#turnedMs;
    this.#turnedMs = nowMs;
    if (!hasHeartbeats) return;
    if (nowMs - this.#lookedMs < LOOK_EVERY_MS) return;
    this.#lookedMs = nowMs;
    if (bus.isUp() && nowMs - this.#peers.ownLineMs > OWN_LINE_MS) this.#speak();
    this.#look(nowMs);
    this.#peers.sweep(nowMs);
  }

  #look(nowMs: number): void {
    const judges = this.#peers.judges(nowMs);
    const { own, hub, apply } = this.#world;
    const lost: [Person, Event][] = [];
    for (const person of hub.people()) {
      const { value } = person;
      if (value.place !== "chatting" || value.partner.address === own || value.awayMs !== 0) continue;
      const { address } = value.partner;
      const region = parseAddress(address)?.region;
      if (region !== undefined) this.#listenTo(region);
      const verdict = this.#peers.verdict(address, nowMs);
      if (verdict === "alive" && value.lostBySilence) lost.push([person, { event: "partner_heard" }]);
      if (verdict !== "alive" && judges) lost.push([person, { event: "partner_lost", exited: verdict === "exited" }]);
    }
    for (const [person, event] of lost) apply(person, event);
  }

  #speak(): void {
    const { region, pool } = this.#parts;
    this.#world.mail.send(heartbeatSubject(region, pool), heartbeatOf({ region, pool }, [this.#world.line()]));
  }

  #listenTo(region: RegionName): void {
    if (this.#listening.has(region)) return;
    this.#listening.set(
      region,
      this.#world.mail.listen(heartbeatsOf(region), (memo) => this.#hear(memo)),
    );
  }

  #hear(memo: Memo): void {
    if (memo.kind === "exited") this.#peers.exited(memo.address);
    if (memo.kind === "heartbeat") this.#heartbeat(memo);
  }

  #heartbeat(memo: MemoOf<"heartbeat">): void {
    const nowMs = this.#world.nowMs();
    const lines = linesOf(memo);
    for (const { address, answered } of lines) this.#peers.heard(address, answered, nowMs);
    if (memo.region !== this.#parts.region) return;
    const known = this.#pools.get(memo.pool);
    // A shard that speaks for itself says one line: the others' stay as they were.
    const others = known?.lines.filter((line) => !lines.some(({ shard }) => shard === line.shard)) ?? [];
    const all = lines.length === 1 ? [...others, ...lines] : lines;
    this.#pools.set(memo.pool, { pool: memo.pool, url: memo.url ?? known?.url, lines: all, atMs: nowMs });
  }
}
