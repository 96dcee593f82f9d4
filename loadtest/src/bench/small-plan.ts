import type { Plan } from "../plan/plan.ts";
import { SCENARIOS, thresholdsFor } from "../plan/scenarios.ts";

/** A plan of two people who chat for four seconds; `given` says where it differs. */
export const planOf = (target: string, given: Partial<Plan>): Plan => ({
  scenario: "chat",
  tier: undefined,
  target,
  region: undefined,
  connections: 2,
  rampMs: 0,
  holdMs: 4_000,
  chatShare: 1,
  textEveryMs: 200,
  textChars: 64,
  matchTimeoutMs: 10_000,
  workers: 1,
  sourceIps: ["127.0.0.2", "127.0.0.3"],
  loadPass: undefined,
  seed: 7,
  cutShare: 0,
  hook: undefined,
  thresholds: thresholdsFor(SCENARIOS.chat, undefined),
  agents: undefined,
  ...given,
});
