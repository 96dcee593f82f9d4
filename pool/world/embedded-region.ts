import { systemClock } from "@whisper/shared/base/clock";
import type { RegionName } from "@whisper/shared/base/ids";
import { systemRandom } from "@whisper/shared/base/random";
import { openMemoryRecords } from "../src/adapters/memory/memory-records.ts";
import { openMemoryReports } from "../src/adapters/memory/memory-reports.ts";
import { openMemoryWaitingList } from "../src/adapters/memory/memory-waiting-list.ts";
import { startClerk } from "../src/clerk/clerk.ts";
import { newHandoverKey } from "../src/clerk/handover.ts";
import { RECORDS_SETTINGS } from "../src/clerk/records-settings.ts";
import { deskSettings } from "../src/matcher/desk-settings.ts";
import { startMatcher } from "../src/matcher/matcher.ts";
import type { Bus, Directory, Log, Reports } from "../src/ports.ts";
import type { Part } from "../src/runtime/lifecycle.ts";
import { createMail } from "../src/runtime/mail.ts";
import { systemTimers } from "../src/runtime/timers.ts";

export type EmbeddedRegion = {
  readonly region: RegionName;
  readonly reports: Reports;
  readonly parts: readonly Part[];
};

/** A region's clerk and desk with their stores, all in this process's memory. `newBus` gives each role its own. */
export function embeddedRegion(
  region: RegionName,
  { newBus, directory, log }: { readonly newBus: () => Bus; readonly directory: Directory; readonly log: Log },
): EmbeddedRegion {
  const clock = systemClock;
  const random = systemRandom;
  const newMail = () => createMail(newBus(), (run) => void setImmediate(run));
  const reports = openMemoryReports();
  // Nobody was here before this world, so no record can be missing because its store has just come back empty.
  const records = openMemoryRecords({ ...RECORDS_SETTINGS, settleMs: 0 }, clock, random);
  const list = openMemoryWaitingList(deskSettings(region, { sameDeviceMayMeet: true }), random);
  let clerk: { stop(): Promise<void> } | undefined;
  let matcher: { stop(): Promise<void> } | undefined;
  const parts: readonly Part[] = [
    {
      name: "clerk",
      async start() {
        const handoverKey = await newHandoverKey(region, 0, random);
        clerk = await startClerk({ mail: newMail(), region, records, directory, log, clock, random, handoverKey });
      },
      stop: async () => clerk?.stop(),
    },
    {
      name: "matcher",
      async start() {
        matcher = startMatcher({ mail: newMail(), region, list, clock, log, timers: systemTimers });
      },
      stop: async () => matcher?.stop(),
    },
  ];
  return { region, reports, parts };
}
