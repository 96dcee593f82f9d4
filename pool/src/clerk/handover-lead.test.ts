import { HANDOVER_LEAD_MS, POOL_SILENT_MS } from "@whisper/shared/limits";
import { expect, test } from "vitest";
import { handoverLead } from "./handover-lead.ts";

test("[Q8] a key that was given long ago signs at once, a new one once pools have had time to fetch it", () => {
  expect(handoverLead(0).isOver(HANDOVER_LEAD_MS)).toBe(true);
  expect(handoverLead(1_000).isOver(HANDOVER_LEAD_MS + 999)).toBe(false);
  expect(handoverLead(1_000).isOver(HANDOVER_LEAD_MS + 1_000)).toBe(true);
});

test("[Q8] a clerk's own key signs nothing until it has stood in the directory, without a gap, for as long", () => {
  const lead = handoverLead(undefined);
  expect(lead.isOver(10 * HANDOVER_LEAD_MS)).toBe(false);
  for (let atMs = 0; atMs < HANDOVER_LEAD_MS; atMs += 2_000) {
    lead.published(atMs);
    expect(lead.isOver(atMs)).toBe(false);
  }
  lead.published(HANDOVER_LEAD_MS);
  expect(lead.isOver(HANDOVER_LEAD_MS)).toBe(true);
  // A sibling has published in its stead, so that this key is not there any more.
  const laterMs = HANDOVER_LEAD_MS + POOL_SILENT_MS;
  expect(lead.isOver(laterMs)).toBe(false);
  lead.published(laterMs);
  expect(lead.isOver(laterMs)).toBe(false);
});
