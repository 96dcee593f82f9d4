import type { ChatId, DeviceHash } from "@whisper/shared/base/ids";
import { expect, test } from "vitest";
import { CHAT, ME, NOW_MS } from "../../test/support/person.ts";
import type { Report } from "../ports.ts";
import type { Effect } from "./event.ts";
import { Reporting } from "./report.ts";

const SAID: Extract<Effect, { do: "report" }> = {
  do: "report",
  chat: CHAT,
  device: "BBBBBBBBBBA" as DeviceHash,
  reason: "spam",
  comment: "",
  evidence: [],
};

/** A stream that answers each try as it is told, and a clock that stands still between the turns. */
function played(answer: (tryNo: number) => "kept" | "away") {
  const tries: { readonly atMs: number; readonly report: Report }[] = [];
  const heard: string[] = [];
  let nowMs = NOW_MS;
  let lost = 0;
  const reporting = new Reporting({
    region: ME.home,
    reports: {
      append(report) {
        tries.push({ atMs: nowMs - NOW_MS, report });
        return answer(tries.length) === "kept" ? Promise.resolve() : Promise.reject(new Error("away"));
      },
    },
    nowMs: () => nowMs,
    tell: (_session, wire) => {
      const { type, code } = JSON.parse(wire) as { readonly type: string; readonly code?: string };
      heard.push(code ?? type);
    },
    lost: () => void lost++,
  });
  /** Lets time pass, a turn each 50 ms; what a promise brings about happens between two turns. */
  const pass = async (spanMs: number): Promise<void> => {
    for (const endMs = nowMs + spanMs; nowMs < endMs; nowMs += 50) {
      reporting.turn(nowMs);
      await Promise.resolve().then(() => {});
    }
  };
  return { reporting, tries, heard, pass, lost: () => lost };
}

test("[S71] a report whose first try fails is tried again, and its reporter hears of it once, when it is kept", async () => {
  const { reporting, tries, heard, pass, lost } = played((no) => (no === 4 ? "kept" : "away"));
  reporting.file(ME, SAID);
  await pass(2_000);
  expect(heard).toEqual([]);
  await pass(30_000);
  expect(heard).toEqual(["report_received"]);
  expect(new Set(tries.map(({ report }) => report.reportId)).size).toBe(1);
  for (const [at, dueMs] of [0, 200, 1_000, 3_000].entries()) {
    expect(tries[at]?.atMs).toBeGreaterThanOrEqual(dueMs);
    expect(tries[at]?.atMs).toBeLessThanOrEqual(dueMs + 100);
  }
  expect([tries.length, lost()]).toEqual([4, 0]);
});

test("[S71] a stream that stays away for a minute: given up, counted once, and said so", async () => {
  const { reporting, tries, heard, pass, lost } = played(() => "away");
  reporting.file(ME, SAID);
  await pass(55_000);
  expect([heard, lost()]).toEqual([[], 0]);
  await pass(300_000);
  expect([heard, lost()]).toEqual([["report_refused"], 1]);
  expect(tries.length).toBeGreaterThan(10);
  expect(tries.length).toBeLessThan(20);
});

test("[S71] a crowd of reports while the stream is away is bounded, and the place of one kept is free again", async () => {
  let isAway = true;
  const { reporting, heard, pass, lost } = played(() => (isAway ? "away" : "kept"));
  const chatNo = (no: number): ChatId => `${String(no).padStart(21, "C")}A` as ChatId;
  for (let no = 0; no < 300; no++) reporting.file(ME, { ...SAID, chat: chatNo(no) });
  expect([lost(), heard.length]).toEqual([44, 44]);
  isAway = false;
  await pass(1_000);
  expect(heard.filter((what) => what === "report_received")).toHaveLength(256);
  reporting.file(ME, SAID);
  await pass(100);
  expect([lost(), heard.at(-1)]).toEqual([44, "report_received"]);
});
