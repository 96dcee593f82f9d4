import { expect, test } from "vitest";
import { isSilent, parsePoolReport } from "./pool-report.ts";

const GOOD = {
  region: "eu-west",
  pool: "p1",
  url: "wss://p1.eu-west.example.org/v1/socket",
  lat: 50,
  lon: 8,
  state: "up",
  live: 3,
  sockets: 5,
  socketsMax: 9,
  atMs: 100_000,
};

test("[E6] a good report is taken, with its ops port or without", () => {
  expect(parsePoolReport(GOOD)).toEqual(GOOD);
  expect(parsePoolReport({ ...GOOD, ops: "127.0.0.1:9101", url: "ws://127.0.0.1:9001/v1/socket" })).toBeDefined();
});

test.for([
  { region: "EU" },
  { pool: "p.1" },
  { pool: "" },
  { url: "https://p1/v1/socket" },
  { url: "wss://p1/v1/socket?x=1" },
  { url: "wss://a b/v1/socket" },
  { url: "javascript:alert(1)//v1/socket" },
  { lat: 91 },
  { lat: Number.NaN },
  { lon: -181 },
  { lat: "50" },
  { state: "gone" },
  { live: -1 },
  { sockets: 1e8 },
  { socketsMax: Number.POSITIVE_INFINITY },
  { atMs: 0 },
  { ops: 9101 },
])("[E6] a report with %j is none", (change) => {
  expect(parsePoolReport({ ...GOOD, ...change })).toBeUndefined();
});

test("[E6] 15 s without a word, or a word from the future, is silence", () => {
  const report = parsePoolReport(GOOD);
  if (report === undefined) throw new TypeError("a good report");
  for (const [nowMs, silent] of [
    [115_000, false],
    [115_001, true],
    [85_000, false],
    [84_999, true],
  ] as const)
    expect(isSilent(report, nowMs)).toBe(silent);
});
