import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import * as fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { answerIn, EdgeClient } from "../src/people/edge-client.ts";

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

type Heard = { readonly url: string; readonly authorization: string | undefined; readonly body: object };

async function edge(answer: (heard: Heard, response: ServerResponse) => void) {
  const heard: Heard[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const { url = "", headers } = request;
      const one = { url, authorization: headers.authorization, body: JSON.parse(Buffer.concat(parts).toString()) };
      heard.push(one);
      answer(one, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return { heard, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

function client(url: string, loadPass?: string): EdgeClient {
  const made = new EdgeClient(url, loadPass);
  cleanups.push(() => made.close());
  return made;
}

const SESSION = {
  session: "s",
  device: "d",
  ticket: "t",
  endpoints: [{ url: "ws://h:1/v1/socket", region: "eu-west", pool: "p1" }],
};
const asked = (edgeClient: EdgeClient, wish = {}) =>
  new Promise<Parameters<Parameters<EdgeClient["connect"]>[1]>[0]>((resolve) => edgeClient.connect(wish, resolve));
const yes = (response: ServerResponse): void => void response.end(JSON.stringify(SESSION));

test("somebody new, somebody back and somebody apart ask for what they need", async () => {
  const { heard, url } = await edge((_, response) => yes(response));
  const door = client(url);
  expect(await asked(door, { region: "eu-west" })).toEqual({ ok: true, admission: SESSION });
  await asked(door, { session: "a", device: "b" });
  await asked(door, { avoid: ["eu-west/p1"], region: undefined });
  expect(heard).toEqual([
    { url: "/v1/connect?region=eu-west", authorization: undefined, body: {} },
    { url: "/v1/connect", authorization: undefined, body: { session: "a", device: "b" } },
    { url: "/v1/connect", authorization: undefined, body: { avoid: ["eu-west/p1"] } },
  ]);
});

test("with a load pass newcomers are let in many at a time, at most a thousand, each with their own", async () => {
  const { heard, url } = await edge((one, response) => {
    const count = Number(new URL(one.url, "http://h").searchParams.get("count") ?? 0);
    if (count === 0) return yes(response);
    response.end(
      JSON.stringify({ sessions: Array.from({ length: count }, (_, i) => ({ ...SESSION, ticket: `t${i}` })) }),
    );
  });
  const door = client(url, "pass");
  const answers = await Promise.all(Array.from({ length: 1_500 }, () => asked(door)));
  expect(answers.every(({ ok }) => ok)).toBe(true);
  expect(heard.map((one) => one.url)).toEqual(["/v1/connect?count=1000", "/v1/connect?count=500"]);
  expect(heard.every(({ authorization }) => authorization === "Bearer pass")).toBe(true);
  expect(new Set(answers.slice(0, 1_000).map((one) => one.ok && one.admission.ticket)).size).toBe(1_000);
  await asked(door, { session: "a", device: "b" });
  expect(heard.at(-1)?.url).toBe("/v1/connect");
});

test("fewer sessions than were asked for: the rest is told so, and nobody waits for ever", async () => {
  const { url } = await edge((_, response) => response.end(JSON.stringify({ sessions: [SESSION] })));
  const door = client(url, "pass");
  const answers = await Promise.all([asked(door), asked(door), asked(door)]);
  expect(answers.map(({ ok }) => ok)).toEqual([true, false, false]);
});

test("no more than 32 requests are under way, and all are answered in the end", async () => {
  let [now, most] = [0, 0];
  const { url } = await edge((_, response) => {
    most = Math.max(most, ++now);
    setTimeout(() => {
      now--;
      yes(response);
    }, 5);
  });
  const door = client(url);
  const answers = await Promise.all(Array.from({ length: 200 }, () => asked(door)));
  expect(answers.every(({ ok }) => ok)).toBe(true);
  expect(most).toBeLessThanOrEqual(32);
});

test("a refusal tells its code and how long to wait", async () => {
  const { url } = await edge((_, response) => {
    response.statusCode = 429;
    response.end(JSON.stringify({ error: { code: "rate_limited", message: "…", retry_after: 12 } }));
  });
  expect(await asked(client(url))).toEqual({ ok: false, code: "rate_limited", retryAfterMs: 12_000 });
});

test.each([
  ["cuts", (response: ServerResponse) => void response.destroy()],
  [
    "cuts in the middle",
    (response: ServerResponse) =>
      void response.writeHead(200, { "content-length": 9 }).write("{", () => response.destroy()),
  ],
  ["speaks no JSON", (response: ServerResponse) => void response.end("<html>")],
])("an edge that %s is unreachable", async (_what, answer) => {
  const { url } = await edge((_one, response) => answer(response));
  expect(await asked(client(url))).toEqual({ ok: false, code: "unreachable", retryAfterMs: undefined });
});

test("nobody listens: unreachable", async () => {
  const { url } = await edge(() => {});
  for (const clean of cleanups.splice(0)) clean();
  expect(await asked(client(url))).toMatchObject({ ok: false, code: "unreachable" });
});

test("whatever an edge answers is an admission, a refusal, or unreachable; never a throw", () => {
  const endpoint = fc.oneof(fc.constant(SESSION.endpoints[0]), fc.record({ url: fc.string() }), fc.anything());
  const admission = fc.record(
    {
      session: fc.string(),
      device: fc.string(),
      ticket: fc.anything(),
      endpoints: fc.array(endpoint, { maxLength: 3 }),
    },
    { requiredKeys: [] },
  );
  const body = fc.oneof(
    admission,
    fc.record({ sessions: fc.oneof(fc.array(admission), fc.anything()) }),
    fc.record({ error: fc.oneof(fc.anything(), fc.record({ code: fc.anything(), retry_after: fc.anything() })) }),
    fc.anything(),
  );
  fc.assert(
    fc.property(fc.constantFrom(0, 200, 429, 500), body, fc.nat(40), (status, one, cut) => {
      const wire = JSON.stringify(one) ?? "";
      for (const text of [wire, wire.slice(0, cut)]) {
        const answer = answerIn(status, text);
        if (answer.ok) expect(answer.admissions.length).toBeGreaterThan(0);
        else expect(answer.code).toMatch(/^[a-z_]+$/);
      }
    }),
  );
});
