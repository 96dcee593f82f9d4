import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { DrainFault, drainOf, lineOf, orderDrain, parseProgress } from "./follow.ts";

const PROGRESS = { state: "draining", total: 15_000, left: 3_000, moved: 12_000, closed: 0 } as const;

test("[Q5] what is not a drain's progress is a fault in words, never a number", async () => {
  for (const raw of [
    null,
    1,
    "x",
    {},
    { ...PROGRESS, state: "happy" },
    { ...PROGRESS, left: "3" },
    { ...PROGRESS, moved: 1.5 },
  ]) {
    expect(parseProgress(raw)).toBeUndefined();
  }
  expect(parseProgress(PROGRESS)).toEqual(PROGRESS);
});

test("[Q6] a line says how many moved, how fast, and why it stands still", () => {
  expect(lineOf("p1", PROGRESS, 10)).toBe("p1: 12,000 of 15,000 moved, 3,000 left, 1,200/s");
  expect(lineOf("p1", { ...PROGRESS, state: "no_room", closed: 2 }, 0)).toContain("no room elsewhere");
});

test("[Q7] the order carries the header and the token; a refusal, another program and nobody are told apart", async () => {
  const asked: string[] = [];
  const answers: Readonly<Record<string, readonly [number, string]>> = {
    "Bearer right": [200, JSON.stringify(PROGRESS)],
    "Bearer other": [200, "{}"],
    "Bearer no": [403, "no"],
  };
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers["x-whisper-ops"]}`);
    const [status, body] = answers[request.headers.authorization ?? ""] ?? [401, ""];
    response.writeHead(status).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  expect(await orderDrain({ url, token: "right" })).toEqual(PROGRESS);
  expect(asked).toEqual(["POST /drain 1"]);
  await expect(drainOf({ url, token: "other" })).rejects.toThrow("no pool's ops port");
  await expect(drainOf({ url, token: "no" })).rejects.toThrow("403");
  await expect(drainOf({ url, token: undefined })).rejects.toThrow("WHISPER_OPS_TOKEN");
  server.close();
  server.closeAllConnections();
  await expect(drainOf({ url, token: "right" })).rejects.toBeInstanceOf(DrainFault);
});
