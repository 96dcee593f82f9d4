import { systemClock } from "@whisper/shared/base/clock";
import { systemRandom } from "@whisper/shared/base/random";
import { expect, test } from "vitest";
import { anySession, DEVICE, HERE, recordsContract } from "../../../test/contract/records.contract.ts";
import { openMemoryRecords } from "./memory-records.ts";

recordsContract("memory", async (settings) => openMemoryRecords(settings, systemClock, systemRandom));

test("[R12] memory does not grow with people who left long ago", async () => {
  let nowMs = 1_000_000;
  const clock = { nowMs: () => nowMs };
  const records = openMemoryRecords({ ttlMs: 1_000, settleMs: 0 }, clock, systemRandom);
  const admit = () =>
    records.admit({ session: anySession(), epoch: 4, attempt: 1, fresh: true, device: DEVICE, address: HERE }, nowMs);
  for (let i = 0; i < 10_000; i++) {
    nowMs++;
    await admit();
  }
  expect(records.size).toBeLessThan(4_000);
});
