import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { counts, latencies, second } from "../../test/support/sample-report.ts";
import { UsageFault } from "../plan/usage-fault.ts";
import { openMetricsPort } from "./metrics-port.ts";
import { countMetric, metricsText, nothingSeen, seenAfter } from "./metrics-text.ts";

const LINE = /^whisper_loadtest_[a-z_]+\{scenario="[a-z]+"(?:,quantile="[\d.]+")?\} -?\d+(?:\.\d+)?(?:e-?\d+)?$/;
const metricIn = (text: string, name: string): number =>
  Number(new RegExp(`^whisper_loadtest_${name}\\{[^}]*\\} (.+)$`, "m").exec(text)?.[1]);

test("every metric has help, type and a value of its own, and every line is one that Prometheus reads", () => {
  for (const seen of [nothingSeen("chat", 9), seenAfter(nothingSeen("chat", 9), second(1_000))]) {
    const lines = metricsText(seen).trimEnd().split("\n");
    const names = lines.filter((line) => line.startsWith("# TYPE")).map((line) => line.split(" ")[2]);
    expect(new Set(names).size).toBe(names.length);
    expect(lines.filter((line) => !line.startsWith("# ") && !LINE.test(line))).toEqual([]);
    expect(lines.filter((line) => line.startsWith("# TYPE") && !line.endsWith(" gauge"))).toEqual([]);
  }
});

test("counts are summed over seconds, gauges are the last second's", () => {
  let seen = nothingSeen("match", 500);
  seen = seenAfter(seen, second(1_000, { counts: counts({ textsSent: 3, lost: 1 }) }));
  seen = seenAfter(
    seen,
    second(2_000, { counts: counts({ textsSent: 4 }), gauges: { sockets: 7, seeking: 1, chatting: 2 } }),
  );
  const text = metricsText(seen);
  expect([metricIn(text, "texts_sent"), metricIn(text, "lost"), metricIn(text, "sockets")]).toEqual([7, 1, 7]);
  expect(metricIn(text, "sockets_wanted")).toBe(500);
  expect(text).toContain('whisper_loadtest_text_seconds{scenario="match",quantile="0.99"} 0.004');
});

test("a second in which nothing was measured has no quantile", () => {
  const text = metricsText(seenAfter(nothingSeen("chat", 1), second(1_000, { latencies: latencies({}) })));
  expect(text).not.toContain("quantile");
  expect([countMetric("chatsEndedByServer"), countMetric("lost")]).toEqual(["chats_ended_by_server", "lost"]);
});

test("metrics are served on loopback, other paths are not, and closing frees the port", async () => {
  const metrics = await openMetricsPort(0, () => "whisper_loadtest_x 1\n");
  const at = `http://127.0.0.1:${metrics.port}`;
  const answer = await fetch(`${at}/metrics`);
  expect([answer.status, await answer.text()]).toEqual([200, "whisper_loadtest_x 1\n"]);
  expect(answer.headers.get("content-type")).toContain("version=0.0.4");
  for (const [path, method] of [
    ["/", "GET"],
    ["/metrics", "POST"],
  ] as const)
    expect((await fetch(`${at}${path}`, { method })).status).toBe(404);
  await metrics.close();
  await expect(fetch(`${at}/metrics`)).rejects.toThrow();
});

test("[Y1] a port that somebody else has is refused with what to write", async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const { port } = taken.address() as AddressInfo;
  const fault = await openMetricsPort(port, () => "").catch((error: unknown) => error);
  expect(fault).toBeInstanceOf(UsageFault);
  expect(String(fault)).toContain("write another, or 0 for any");
  taken.close();
});
