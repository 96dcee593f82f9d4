import { HANDOVER_LEAD_MS, POOL_SILENT_MS } from "@whisper/shared/limits";

/** Whether pools have had time to fetch a hand-over key. */
export type HandoverLead = {
  /** The key was written to the directory. */
  published(nowMs: number): void;
  isOver(nowMs: number): boolean;
};

/**
 * A key that was given (first published at `sinceMs`) is known from its own time on, whichever clerk publishes it. One
 * that a clerk made for itself (`undefined`) is known once this clerk has kept it in the directory for as long: a
 * sibling that publishes in its stead takes it out again.
 */
export function handoverLead(sinceMs: number | undefined): HandoverLead {
  let fromMs = sinceMs;
  let publishedMs = Number.NEGATIVE_INFINITY;
  const isKept = (nowMs: number): boolean => nowMs - publishedMs < POOL_SILENT_MS;
  return {
    published(nowMs) {
      if (sinceMs === undefined && !isKept(nowMs)) fromMs = nowMs;
      publishedMs = nowMs;
    },
    isOver: (nowMs) =>
      fromMs !== undefined && nowMs - fromMs >= HANDOVER_LEAD_MS && (sinceMs !== undefined || isKept(nowMs)),
  };
}
