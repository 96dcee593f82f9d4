import { EDGE_SETTINGS } from "../../../edge/src/config.ts";
import {
  CLERK_SETTINGS,
  COMMON_SETTINGS,
  MATCHER_SETTINGS,
  POOL_SETTINGS,
  SHARD_SETTINGS,
} from "../../../pool/src/config.ts";
import { WORLD_SETTINGS } from "../../../pool/world/world-settings.ts";
import { table } from "./tables.ts";

type PoolSettings = Readonly<
  Record<string, { readonly says: string; readonly required: boolean; readonly absent?: string }>
>;

const row = (name: string, says: string, absent: string): readonly string[] => [`\`${name}\``, says, absent];
const given = (value: string): string => (value === "" ? "empty" : `\`${value}\``);

function poolTable(settings: PoolSettings): string {
  return table(
    ["Setting", "What it is", "If not given"],
    Object.entries(settings).map(([name, { says, required, absent }]) =>
      row(name, says, absent !== undefined ? given(absent) : required ? "refused" : "off"),
    ),
  );
}

/** What every process of a region is told. */
export const commonSettings = (): string => poolTable(COMMON_SETTINGS);
/** What a shard is told beside it. */
export const shardSettings = (): string => poolTable(SHARD_SETTINGS);
/** What a pool's supervisor is told beside all that a shard is told. */
export const poolSettings = (): string => poolTable(POOL_SETTINGS);
/** What a clerk is told beside it. */
export const clerkSettings = (): string => poolTable(CLERK_SETTINGS);
/** What a matcher is told beside it. */
export const matcherSettings = (): string => poolTable(MATCHER_SETTINGS);

/** What `npm start` is told. */
export const worldSettings = (): string => poolTable(WORLD_SETTINGS);

/** What the Worker is told. */
export function edgeSettings(): string {
  return table(
    ["Setting", "What it is", "If not given"],
    Object.entries(EDGE_SETTINGS).map(([name, { say, read }]) => {
      if (read.type !== "optional") return row(name, say, "refused");
      return row(name, say, typeof read.default === "string" ? given(read.default) : "off");
    }),
  );
}
