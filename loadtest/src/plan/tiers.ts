import type { TierName } from "./plan.ts";

/** The part of a tier that depends on what people do. */
type Shape = {
  readonly rampMs: number;
  readonly holdMs: number;
  /** How many of the tier's people seek, and talk if the scenario talks. */
  readonly chatShare: number;
  readonly matchTimeoutMs: number;
};

export type Tier = {
  readonly connections: number;
  /** Nobody chats. */
  readonly stay: Shape;
  /** Couples seek, accept, and part. */
  readonly meet: Shape;
  /** Couples meet and talk for as long as the hold. */
  readonly talk: Shape;
  readonly thresholds: {
    readonly connectP99Ms: number;
    readonly matchP99Ms: number;
    readonly textP99Ms: number;
    readonly errorRate: number;
  };
  /** Cores that the generator wants for itself; the rest of its needs is arithmetic (`needsOf`). */
  readonly clientCores: number;
};

const shape = (rampS: number, holdS: number, chatShare: number, matchTimeoutS: number): Shape => ({
  rampMs: rampS * 1_000,
  holdMs: holdS * 1_000,
  chatShare,
  matchTimeoutMs: matchTimeoutS * 1_000,
});

/**
 * The four sizes of a run. Every tier keeps all of its sockets there while a share of them chats: the first Whisper's
 * pairs (500, 5,000, 10,000, 20,000), on top of the crowd and not instead of it. No bound is weaker than the first
 * Whisper's for the same tier, and nothing may be lost, doubled, swapped or dropped in any.
 */
export const TIERS: Readonly<Record<TierName, Tier>> = {
  "10k": {
    connections: 10_000,
    stay: shape(30, 60, 0, 30),
    meet: shape(30, 20, 0.4, 30),
    talk: shape(30, 60, 0.1, 30),
    thresholds: { connectP99Ms: 50, matchP99Ms: 150, textP99Ms: 25, errorRate: 0.001 },
    clientCores: 1,
  },
  "100k": {
    connections: 100_000,
    stay: shape(120, 120, 0, 60),
    meet: shape(120, 60, 0.4, 60),
    talk: shape(120, 60, 0.1, 60),
    thresholds: { connectP99Ms: 100, matchP99Ms: 250, textP99Ms: 50, errorRate: 0.001 },
    clientCores: 2,
  },
  "500k": {
    connections: 500_000,
    stay: shape(300, 180, 0, 120),
    meet: shape(300, 120, 0.2, 120),
    talk: shape(300, 120, 0.04, 120),
    thresholds: { connectP99Ms: 250, matchP99Ms: 500, textP99Ms: 100, errorRate: 0.001 },
    clientCores: 4,
  },
  "1m": {
    connections: 1_000_000,
    stay: shape(600, 600, 0.01, 180),
    meet: shape(600, 180, 0.2, 180),
    talk: shape(600, 180, 0.04, 180),
    thresholds: { connectP99Ms: 500, matchP99Ms: 1_000, textP99Ms: 250, errorRate: 0.001 },
    clientCores: 8,
  },
};

export const TIER_NAMES = Object.keys(TIERS) as readonly TierName[];

/** Whether `text` names a tier. */
export const isTier = (text: string): text is TierName => Object.hasOwn(TIERS, text);
