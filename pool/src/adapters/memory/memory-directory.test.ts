import { directoryContract } from "../../../test/contract/directory.contract.ts";
import { openMemoryDirectory } from "./memory-directory.ts";

directoryContract("memory", async () => {
  const fields = new Map<string, string>();
  const directory = openMemoryDirectory(fields);
  return {
    directory,
    spoil: async (field, text) => void fields.set(field, text),
    close: () => directory.close(),
  };
});
