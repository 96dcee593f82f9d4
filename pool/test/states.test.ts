import { expect, test } from "vitest";
import { statesPage } from "./support/states-table.ts";

test("[S7] docs/STATES.md says what the code does in every place", async () => {
  await expect(statesPage()).toMatchFileSnapshot("../../docs/STATES.md");
});
