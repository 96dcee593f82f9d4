import type { CloseName } from "@whisper/shared/protocol/close-codes";
import type { Entered } from "./entrance.ts";
import type { Count } from "./event.ts";
import type { TicketFault } from "./ticket-check.ts";

/** Everything a shard counts. Plain numbers, raised where the thing happens, read at scrape time. */
export class ShardNumbers {
  readonly counts: Record<Count | "text_sent" | "text_shown", number> = {
    text_sent: 0,
    text_shown: 0,
    text_blocked: 0,
    text_refused: 0,
    resent: 0,
    typing_dropped: 0,
    offer_refused: 0,
    match: 0,
    memo_stale: 0,
  };
  /** Upgrades by what became of them. */
  readonly upgrades: Partial<Record<TicketFault | Entered, number>> = {};
  readonly closes: Partial<Record<CloseName, number>> = {};
  memosLocal = 0;
  memosDropped = 0;
  reportsLost = 0;
  broken = 0;

  count(what: Count | "text_sent" | "text_shown"): void {
    this.counts[what]++;
  }

  entered(result: Entered): void {
    this.upgrades[result] = (this.upgrades[result] ?? 0) + 1;
  }

  refused(fault: TicketFault): void {
    this.upgrades[fault] = (this.upgrades[fault] ?? 0) + 1;
  }

  closed(name: CloseName): void {
    this.closes[name] = (this.closes[name] ?? 0) + 1;
  }
}
