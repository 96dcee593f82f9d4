import { busContract } from "../../../test/contract/bus.contract.ts";
import { createMemoryNetwork, type MemoryBus } from "./memory-bus.ts";

busContract("memory", async () => {
  const network = createMemoryNetwork();
  const members: MemoryBus[] = [];
  const rethrow = (error: unknown): void => {
    throw error;
  };
  return {
    join: async (onFault = rethrow) => {
      const bus = network.join(onFault);
      members.push(bus);
      return bus;
    },
    down: async () => {
      for (const bus of members) bus.down();
    },
    up: async () => {
      for (const bus of members) bus.up();
    },
    close: async () => {
      for (const bus of members) await bus.close();
    },
  };
});
