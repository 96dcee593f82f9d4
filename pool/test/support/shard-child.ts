import type { SigningJwk } from "@whisper/shared/credentials/signing-keys";
import { answerAsks } from "../../bench/answer-asks.ts";
import type { ShardSettings } from "../../src/shard/settings.ts";
import { startRegion } from "./region.ts";

// A region of one shard in a process of its own, so that its memory and its CPU time are nobody else's. Who holds the
// key signs tickets for it.

const { key, settings } = JSON.parse(process.argv[2] ?? "") as {
  readonly key: SigningJwk;
  readonly settings: Partial<ShardSettings>;
};
const region = await startRegion({ key, settings });
const [shard] = region.shards;
if (shard === undefined) throw new Error("a region has a shard");

/** What the shard says of itself; `buffered` is the most that waits for one socket, in bytes. */
export type ShardSays = {
  readonly held: number;
  readonly buffered: number;
  readonly broken: number;
  readonly upgrades: Readonly<Partial<Record<string, number>>>;
  readonly closes: Readonly<Partial<Record<string, number>>>;
};

function says(from = shard): ShardSays {
  const { hub, numbers } = from as NonNullable<typeof shard>;
  let buffered = 0;
  for (const { slot } of hub.people())
    buffered = Math.max(buffered, slot < 0 ? 0 : (hub.socketAt(slot)?.getBufferedAmount() ?? 0));
  const { upgrades, closes, broken } = numbers;
  return { held: hub.slots.held, buffered, broken, upgrades, closes };
}

answerAsks({ port: shard.port }, { says: () => says() }, () => region.stop());
