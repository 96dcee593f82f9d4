import { memoryBuses, severalMatchersContract } from "../../test/contract/several-matchers.contract.ts";
import { REGION, seededRandom } from "../../test/support/desk-people.ts";
import { openMemoryWaitingList } from "../adapters/memory/memory-waiting-list.ts";
import type { WaitingList } from "../ports.ts";
import { deskSettings } from "./desk-settings.ts";

let shared: WaitingList | undefined;
severalMatchersContract("memory", {
  openList: async (changed) => {
    shared ??= openMemoryWaitingList(deskSettings(REGION, changed), seededRandom(1));
    return shared;
  },
  joinBus: memoryBuses(),
});
