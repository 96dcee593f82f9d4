import { expect, test } from "vitest";
import { deviceClaimsOf, loadPassClaimsOf, nextEpoch, sessionClaimsOf, ticketClaimsOf } from "./claims.ts";
import { handoverMaySay, isTicketExpired } from "./verify.ts";

const ID = "A".repeat(22);
const TIMES = { iat: 1_780_000_000, exp: 1_780_000_030 };
const TICKET = {
  typ: "ticket",
  sub: ID,
  home: "eu-west",
  dev: "B".repeat(11),
  net: "n".repeat(16),
  lane: "live",
  aud: ["eu-west/p1", "us-east/p2"],
  ep: 4,
  ...TIMES,
};
const SESSION = { typ: "session", sub: ID, home: "eu-west", dev: "B".repeat(11), ep: 4, lane: "test", ...TIMES };
const DEVICE = { typ: "device", sub: ID, ...TIMES };
const PASS = { typ: "load", region: "eu-west", sessions: 10, ...TIMES };

test("[T1] good claims are taken as they are", () => {
  expect(ticketClaimsOf(TICKET)).toBe(TICKET);
  expect(ticketClaimsOf({ ...TICKET, new: true, scope: "forget" })).toBeDefined();
  expect(sessionClaimsOf(SESSION)).toBe(SESSION);
  expect(deviceClaimsOf(DEVICE)).toBe(DEVICE);
  expect(loadPassClaimsOf(PASS)).toBe(PASS);
});

test("[T1] no kind of token passes for another", () => {
  const parsers = [ticketClaimsOf, sessionClaimsOf, deviceClaimsOf, loadPassClaimsOf];
  for (const raw of [TICKET, SESSION, DEVICE, PASS])
    expect(parsers.filter((parse) => parse(raw) !== undefined)).toHaveLength(1);
  for (const raw of [null, undefined, 7, "ticket", [], [TICKET], {}, { typ: "ticket" }])
    for (const parse of parsers) expect(parse(raw)).toBeUndefined();
});

test.for([
  { sub: "short" },
  { sub: "A".repeat(23) },
  { home: "EU" },
  { home: "a.b" },
  { dev: "B".repeat(22) },
  { net: 7 },
  { net: "n".repeat(33) },
  { lane: "prod" },
  { aud: [] },
  { aud: "eu-west/p1" },
  { aud: ["a/b", "a/c", "a/d", "a/e"] },
  { aud: ["p1"] },
  { aud: ["eu-west/p1/x"] },
  { aud: ["../p1"] },
  { ep: 0 },
  { ep: 1.5 },
  { ep: 2 ** 53 },
  { ep: "4" },
  { new: false },
  { new: 1 },
  { scope: "admin" },
  { scope: null },
  { iat: -1 },
  { exp: Number.POSITIVE_INFINITY },
  { exp: "1" },
  { exp: undefined },
])("[T1] a ticket with %j is no ticket", (change) => {
  expect(ticketClaimsOf({ ...TICKET, ...change })).toBeUndefined();
});

test.for([{ sessions: 0 }, { sessions: "9" }, { sessions: 1.5 }, { region: "" }, { exp: 0 }])(
  "[T13] a load pass with %j is none",
  (change) => {
    expect(loadPassClaimsOf({ ...PASS, ...change })).toBeUndefined();
  },
);

test("[T2] a ticket is good until 5 s after its time, and not a millisecond more", () => {
  const claims = ticketClaimsOf(TICKET);
  if (claims === undefined) throw new TypeError("a good ticket");
  expect(isTicketExpired(claims, TICKET.exp * 1_000 + 5_000)).toBe(false);
  expect(isTicketExpired(claims, TICKET.exp * 1_000 + 5_001)).toBe(true);
});

test("[T8] a hand-over key may pass on who has a record; it mints nobody and erases nobody", () => {
  expect(handoverMaySay(TICKET)).toBe(true);
  for (const payload of [{ ...TICKET, new: true }, { ...TICKET, scope: "forget" }, SESSION, DEVICE, PASS, null])
    expect(handoverMaySay(payload)).toBe(false);
});

test("[T10] epochs rise by at least four whatever the clock does, and start at the clock", () => {
  expect(nextEpoch(1_000, 0)).toBe(4_000);
  expect(nextEpoch(1_000, 4_000)).toBe(4_004);
  for (const offset of [0, 1, 2, 3]) expect(nextEpoch(500, 4_000 + offset)).toBe(4_004);
  let last = 0;
  for (const nowMs of [5, 9, 9, 3, 0, 1_000, 999, 1_001]) {
    const next = nextEpoch(nowMs, last + 2); // the third pool of the ticket admitted
    expect(next).toBeGreaterThan(last + 2);
    expect(next % 4).toBe(0);
    last = next;
  }
  expect(Number.isSafeInteger(nextEpoch(8.64e15 / 4, 0))).toBe(true);
});
