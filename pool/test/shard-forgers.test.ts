import { connect } from "node:net";
import { systemRandom } from "@whisper/shared/base/random";
import { generateSigningKey } from "@whisper/shared/credentials/signing-keys";
import { FORGED_PER_WINDOW } from "@whisper/shared/limits";
import { afterEach, beforeEach, expect, test } from "vitest";
import { upgradeRequest } from "./support/raw-crowd.ts";
import { startRegion, type TestRegion } from "./support/region.ts";
import { Stranger } from "./support/stranger.ts";
import { forgedTickets } from "./support/tickets.ts";
import { until } from "./support/until.ts";

const key = await generateSigningKey(0, systemRandom);
let region: TestRegion;
beforeEach(async () => {
  region = await startRegion({ key });
});
afterEach(() => region.stop());

const upgrades = (): Readonly<Partial<Record<string, number>>> => region.shards[0]?.numbers.upgrades ?? {};

/** Everything a shard answers to bytes that are written at once from an address, until it hangs up. */
function answered(bytes: string, localAddress: string): Promise<string> {
  return new Promise((resolve) => {
    let heard = "";
    const socket = connect({ host: "127.0.0.1", port: region.shards[0]?.port ?? 0, localAddress });
    socket.on("data", (some) => {
      heard += some.toString("latin1");
    });
    socket.on("error", () => {
      // The close that follows is what counts.
    });
    socket.on("close", () => resolve(heard));
    socket.write(bytes);
  });
}

/** A good ticket from an address: the refusal, or the greeting. */
async function comesFrom(source: string): Promise<Stranger> {
  const one = Stranger.withTicket(region.urlOf(0), await region.ticket({ new: true }), source);
  await until("an answer", () => one.heard.length > 0 || one.closed !== undefined);
  return one;
}

test("[S45] fifty forged tickets in one packet get ten answers and a hang-up; only their network is sent away for it", async () => {
  const [ticket = ""] = await forgedTickets(1, key);
  const heard = await answered(upgradeRequest(ticket).repeat(50), "127.0.0.2");
  expect(heard.split("HTTP/1.1 401").length - 1).toBeLessThanOrEqual(FORGED_PER_WINDOW);
  expect(upgrades()).toEqual({ forged: FORGED_PER_WINDOW, forger: 1 });
  expect((await comesFrom("127.0.0.2")).heard).toEqual([]);
  for (let i = 1; i <= 8; i++) await comesFrom(`127.0.2.${i}`);
  expect(upgrades().new).toBeGreaterThanOrEqual(7); // one may by chance share the forger's bucket
});

test("[S45] a refused upgrade ends its connection, whatever was refused; bad tickets that cost nothing make nobody a forger", async () => {
  const good = upgradeRequest(await region.ticket());
  const cases = ["not a ticket", "a.b.c", (await region.ticket()).slice(0, -2)].map(upgradeRequest);
  const otherPool = upgradeRequest(await region.ticket({ aud: ["eu-west/p9"] }));
  for (const request of [...cases, otherPool, good.replace(/ticket\.[^\r]+/, "x")])
    for (let i = 0; i < 20; i++) expect(await answered(request, "127.0.0.4")).toMatch(/^HTTP\/1\.1 40[03] /);
  expect((await comesFrom("127.0.0.4")).heard[0]).toMatchObject({ type: "session_created" });
});
