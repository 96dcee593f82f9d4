import { reportsContract } from "../../../test/contract/reports.contract.ts";
import { openMemoryReports } from "./memory-reports.ts";

reportsContract("memory", async () => {
  const reports = openMemoryReports();
  return { reports, again: async () => reports, close: () => reports.close() };
});
