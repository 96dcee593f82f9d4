import type { ChatId, DeviceHash, RegionName } from "@whisper/shared/base/ids";
import { expect, test } from "vitest";
import type { Report, Reports } from "../../src/ports.ts";

export const REGION = "eu-west" as RegionName;

/** A report of its own number, as long as one may be if asked for. */
export const reportNo = (no: number, said = "rude"): Report => ({
  reportId: `r${no}`,
  chat: "C".repeat(22) as ChatId,
  lane: no % 2 === 0 ? "live" : "test",
  region: REGION,
  reporterDevice: "aaaaaaaaaaA" as DeviceHash,
  reportedDevice: "bbbbbbbbbbA" as DeviceHash,
  reason: "harassment",
  comment: said,
  evidence: [said, "línea\n日本 😀"],
  atMs: 1_800_000_000_000 + no,
});

/** The promises of Reports. `open` gives an empty stream, and `again` the same stream opened once more. */
export function reportsContract(
  name: string,
  open: () => Promise<{ reports: Reports; again(): Promise<Reports>; close(): Promise<void> }>,
): void {
  test(`[J1] ${name}: a report whose append has resolved is in the stream, whole and in order`, async () => {
    const { reports, again, close } = await open();
    const longest = { ...reportNo(3, "😀".repeat(2_000)), evidence: Array(5).fill("é".repeat(2_000)) };
    for (const report of [reportNo(1), reportNo(2), longest]) await reports.append(report);
    expect(await reports.pending(10)).toEqual([reportNo(1), reportNo(2), longest]);
    expect(await (await again()).pending(10)).toEqual([reportNo(1), reportNo(2), longest]);
    await close();
  });

  test(`[J2] ${name}: the same report is kept once, however often and from wherever it is sent`, async () => {
    const { reports, again, close } = await open();
    const other = await again();
    const sent = Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? reports : other).append(reportNo(i % 4)));
    await Promise.all(sent);
    const kept = (await reports.pending(100)).map(({ reportId }) => reportId).sort();
    expect(kept).toEqual(["r0", "r1", "r2", "r3"]);
    await close();
  });

  test(`[J3] ${name}: pending gives the oldest, no more than asked for, and takes nothing away`, async () => {
    const { reports, close } = await open();
    expect(await reports.pending(5)).toEqual([]);
    for (let no = 0; no < 8; no++) await reports.append(reportNo(no));
    expect((await reports.pending(3)).map(({ reportId }) => reportId)).toEqual(["r0", "r1", "r2"]);
    expect(await reports.pending(0)).toEqual([]);
    expect((await reports.pending(100)).length).toBe(8);
    await close();
  });
}
