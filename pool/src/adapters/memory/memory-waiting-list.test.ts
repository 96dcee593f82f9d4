import { waitingListContract } from "../../../test/contract/waiting-list.contract.ts";
import { REGION, seededRandom } from "../../../test/support/desk-people.ts";
import { deskSettings } from "../../matcher/desk-settings.ts";
import { openMemoryWaitingList } from "./memory-waiting-list.ts";

waitingListContract("memory", async (changed) => openMemoryWaitingList(deskSettings(REGION, changed), seededRandom(7)));
