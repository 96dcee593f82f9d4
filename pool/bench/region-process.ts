import type { RegionName } from "@whisper/shared/base/ids";
import { openMemoryDirectory } from "../src/adapters/memory/memory-directory.ts";
import { openNatsBus } from "../src/adapters/nats/nats-bus.ts";
import type { Bus } from "../src/ports.ts";
import { createLog } from "../src/runtime/log.ts";
import { embeddedRegion } from "../world/embedded-region.ts";
import { startNats } from "../world/servers/nats.ts";
import { answerAsks } from "./answer-asks.ts";

// What stands beside a shard that is measured: a nats-server, and a clerk and a matcher with their stores in this
// process's memory. So the shard's own process does what it does in production, and nothing else.

const { region } = JSON.parse(process.argv[2] ?? "") as { readonly region: RegionName };
const nats = await startNats();
const onFault = (fault: unknown): void => {
  throw fault; // a bench over a broken bus measures nothing
};
const buses: Bus[] = [await openNatsBus(nats.url, onFault), await openNatsBus(nats.url, onFault)];
const newBus = (): Bus => {
  const bus = buses.pop();
  if (bus === undefined) throw new Error("a clerk and a matcher take one bus each");
  return bus;
};
const log = createLog({ level: "warn", base: { region } });
const { parts } = embeddedRegion(region, { newBus, directory: openMemoryDirectory(), log });
for (const part of parts) await part.start();
answerAsks({ natsUrl: nats.url, natsPid: nats.pid }, {}, () => nats.stop());
