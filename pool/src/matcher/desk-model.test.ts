import fc from "fast-check";
import { test } from "vitest";
import { acts } from "../../test/support/desk-acts.ts";
import { Life } from "../../test/support/desk-model.ts";
import { REGION, seededRandom } from "../../test/support/desk-people.ts";
import { openMemoryWaitingList } from "../adapters/memory/memory-waiting-list.ts";
import { deskSettings } from "./desk-settings.ts";

test("[W30] whatever is said in whatever order, everybody waits, is set aside, proposed or gone, and never twice", async () => {
  const settings = deskSettings(REGION, { sliceMax: 2, candidatesMax: 3 });
  await fc.assert(
    fc.asyncProperty(acts, async (all) => {
      const list = openMemoryWaitingList(settings, seededRandom(1));
      await new Life(list.desk, [list]).live(all);
    }),
    { numRuns: 500 },
  );
});
