import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { reportSubject } from "@whisper/shared/bus/subjects";
import { connect } from "nats";
import { expect, test } from "vitest";
import { openJetstreamReports, reportStream } from "../src/adapters/nats/jetstream-reports.ts";
import type { Reports } from "../src/ports.ts";
import { startNats } from "../world/servers/nats.ts";
import { REGION, reportNo, reportsContract } from "./contract/reports.contract.ts";
import { until } from "./support/until.ts";

const ignore = (): void => undefined;

reportsContract("jetstream", async () => {
  const server = await startNats({ jetstream: true });
  const opened: Reports[] = [];
  const again = async (): Promise<Reports> => {
    const reports = await openJetstreamReports(server.url, REGION, ignore);
    opened.push(reports);
    return reports;
  };
  return {
    reports: await again(),
    again,
    close: async () => {
      for (const reports of opened) await reports.close();
      await server.stop();
    },
  };
});

test("[J4] a server without streams is a rejection at the start", async () => {
  const server = await startNats();
  await expect(openJetstreamReports(server.url, REGION, ignore)).rejects.toThrow();
  await server.stop();
});

test("[J4] while the server is away append rejects at once; killed and restarted it has what it acknowledged", async () => {
  const dir = await mkdtemp(join(tmpdir(), "whisper-reports-"));
  const first = await startNats({ jetstream: true, dir });
  const reports = await openJetstreamReports(first.url, REGION, ignore);
  for (let no = 0; no < 5; no++) await reports.append(reportNo(no));
  await first.kill();
  await until("it is refused", () =>
    reports.append(reportNo(5)).then(
      () => false,
      () => true,
    ),
  );
  const startedMs = performance.now();
  await expect(reports.append(reportNo(6))).rejects.toThrow();
  expect(performance.now() - startedMs).toBeLessThan(500);
  const second = await startNats({ jetstream: true, dir, port: first.port });
  await until("it is taken", () =>
    reports.append(reportNo(7)).then(
      () => true,
      () => false,
    ),
  );
  await reports.append(reportNo(0));
  const kept = (await reports.pending(100)).map(({ reportId }) => reportId);
  expect(kept.slice(0, 5)).toEqual(["r0", "r1", "r2", "r3", "r4"]);
  expect(kept.filter((id) => id === "r0").length).toBe(1);
  expect(kept).toContain("r7");
  await reports.close();
  await second.stop();
  await rm(dir, { recursive: true });
});

test("[J4] a server that comes back with an empty disk gets its stream again", async () => {
  const first = await startNats({ jetstream: true });
  const reports = await openJetstreamReports(first.url, REGION, ignore);
  await reports.append(reportNo(1));
  await first.kill();
  const second = await startNats({ jetstream: true, port: first.port });
  await until("it is taken", () =>
    reports.append(reportNo(2)).then(
      () => true,
      () => false,
    ),
  );
  expect((await reports.pending(10)).map(({ reportId }) => reportId)).toEqual(["r2"]);
  await reports.close();
  await second.stop();
});

test("[J5] rubbish in the stream is stepped over, and a confirmed report is not pending", async () => {
  const server = await startNats({ jetstream: true });
  const reports = await openJetstreamReports(server.url, REGION, ignore);
  const other = await connect({ servers: server.url });
  await other.jetstream().publish(reportSubject(REGION), "not JSON");
  await other.jetstream().publish(reportSubject(REGION), '{"reportId":5}');
  await other.jetstream().publish(reportSubject(REGION), "null");
  for (const no of [1, 2, 3]) await reports.append(reportNo(no));
  await (await other.jetstreamManager()).streams.deleteMessage(reportStream(REGION), 5);
  expect((await reports.pending(10)).map(({ reportId }) => reportId)).toEqual(["r1", "r3"]);
  await other.close();
  await reports.close();
  await server.stop();
});

test("[J4] a dozen shards that start at once on a new server all find or make the stream", async () => {
  for (let round = 0; round < 3; round++) {
    const server = await startNats({ jetstream: true });
    const all = await Promise.all(Array.from({ length: 12 }, () => openJetstreamReports(server.url, REGION, ignore)));
    await all[0]?.append(reportNo(round));
    expect(await all[11]?.pending(10)).toHaveLength(1);
    await Promise.all(all.map((reports) => reports.close()));
    await server.stop();
  }
});
