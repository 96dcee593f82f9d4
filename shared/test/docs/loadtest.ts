import { needsOf, workersFor } from "../../../loadtest/src/plan/needs.ts";
import { OPTIONS, optionsOf } from "../../../loadtest/src/plan/option-table.ts";
import { timeText } from "../../../loadtest/src/plan/quantities.ts";
import { SCENARIO_NAMES, SCENARIOS } from "../../../loadtest/src/plan/scenarios.ts";
import { TIER_NAMES, TIERS } from "../../../loadtest/src/plan/tiers.ts";
import { table } from "./tables.ts";

const counted = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;
const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`;

/** What each scenario does and shows. */
export const scenarios = (): string =>
  table(
    ["Scenario", "What it does", "What it proves"],
    SCENARIO_NAMES.map((name) => [`\`${name}\``, SCENARIOS[name].does, SCENARIOS[name].proves]),
  );

/** The sizes, their bounds, and what a generator of each wants. */
export const tiers = (): string =>
  table(
    [
      "Tier",
      "Ramp, hold of `connect`",
      "Who meets in `match`",
      "Who talks in `chat`",
      "p99 to come in",
      "p99 to find a partner",
      "p99 of a text",
      "Errors",
      "Generator",
    ],
    TIER_NAMES.map((name) => {
      const { connections, stay, meet, talk, thresholds, clientCores } = TIERS[name];
      const { memoryBytes, workers } = needsOf(connections, workersFor(connections));
      return [
        `\`${name}\``,
        `${timeText(stay.rampMs)}, ${timeText(stay.holdMs)}`,
        percent(meet.chatShare),
        percent(talk.chatShare),
        timeText(thresholds.connectP99Ms),
        timeText(thresholds.matchP99Ms),
        timeText(thresholds.textP99Ms),
        percent(thresholds.errorRate),
        `${counted(workers, "process", "processes")}, ${counted(clientCores, "core", "cores")}, ${(memoryBytes / 1e9).toFixed(1)} GB`,
      ];
    }),
  );

/** Every option, and which scenarios take it. */
export function options(): string {
  const takenBy = (option: string): string => {
    const names = SCENARIO_NAMES.filter((name) => optionsOf(SCENARIOS[name]).some((one) => one.name === option));
    return names.length === SCENARIO_NAMES.length ? "all" : names.join(", ");
  };
  return table(
    ["Option", "What it does", "In"],
    Object.entries(OPTIONS).map(([name, { flags, does }]) => [`\`${flags}\``, does, takenBy(name)]),
  );
}
