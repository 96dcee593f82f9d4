import type { Address } from "@whisper/shared/base/ids";
import { MemoBatch, readMemos } from "@whisper/shared/bus/codec";
import type { Memo } from "@whisper/shared/bus/memos";
import { inboxOf } from "@whisper/shared/bus/subjects";
import { MEMO_BATCH_BYTES_MAX } from "@whisper/shared/limits";
import type { Bus } from "../ports.ts";

/** Memos to subjects and inboxes: those of one loop turn share payloads. */
export type Mail = {
  /** Puts a memo on its way; it leaves at the end of this loop turn. Never waits; lost if the bus is away. */
  send(subject: string, memo: Memo): void;
  /** The same, to the inbox of the shard at `address`; one that is no address is counted and dropped. */
  sendTo(address: Address, memo: Memo): void;
  /**
   * Hears each memo once; of listeners with the same group, one does. What cannot be read is counted. What `on` throws
   * over one memo reaches the bus's `onFault` and costs no other memo.
   */
  listen(subject: string, on: (memo: Memo) => void, options?: { readonly group?: string }): { stop(): void };
  /** Sends what waits, now. */
  flush(): void;
  readonly counts: MailCounts;
};

export type MailCounts = {
  sent: number;
  payloads: number;
  received: number;
  /** Memos of an unknown kind, cut off or spoilt. */
  unread: number;
  /** Memos over which a listener threw. Of one payload the bus is told the first. */
  faults: number;
  unknownAddress: number;
};

/** Addresses are few and come again; the table is emptied when full, so that odd ones cannot fill it for ever. */
const INBOXES_KEPT_MAX = 4_096;

/** Mail over a bus. `defer` runs a callback once this loop turn is over: `setImmediate` in production. */
export function createMail(bus: Bus, defer: (run: () => void) => void): Mail {
  const counts: MailCounts = { sent: 0, payloads: 0, received: 0, unread: 0, faults: 0, unknownAddress: 0 };
  let waiting = new Map<string, MemoBatch>();
  const spare: MemoBatch[] = [];
  const inboxes = new Map<Address, string>();
  let isDeferred = false;

  const publish = (subject: string, payload: Uint8Array): void => {
    counts.payloads++;
    bus.publish(subject, payload);
  };
  const flush = (): void => {
    const leaving = waiting;
    waiting = new Map(); // whoever sends while these leave is in the next turn
    for (const [subject, batch] of leaving) {
      if (batch.byteLength > 0) publish(subject, batch.take());
      spare.push(batch);
    }
  };
  const batchOf = (subject: string): MemoBatch => {
    const known = waiting.get(subject);
    if (known !== undefined) return known;
    const batch = spare.pop() ?? new MemoBatch();
    waiting.set(subject, batch);
    if (!isDeferred) {
      isDeferred = true;
      defer(() => {
        isDeferred = false;
        flush();
      });
    }
    return batch;
  };
  const send = (subject: string, memo: Memo): void => {
    const batch = batchOf(subject);
    const bytes = batch.add(memo);
    counts.sent++;
    if (batch.byteLength > MEMO_BATCH_BYTES_MAX && batch.byteLength > bytes) publish(subject, batch.take(bytes));
  };
  const inbox = (address: Address): string | undefined => {
    const known = inboxes.get(address);
    if (known !== undefined) return known;
    const subject = inboxOf(address);
    if (subject === undefined) return undefined;
    if (inboxes.size >= INBOXES_KEPT_MAX) inboxes.clear();
    inboxes.set(address, subject);
    return subject;
  };

  return {
    counts,
    send,
    flush,
    sendTo(address, memo) {
      const subject = inbox(address);
      if (subject === undefined) counts.unknownAddress++;
      else send(subject, memo);
    },
    listen(subject, on, options) {
      let faults: unknown[] = [];
      const hear = (memo: Memo): void => {
        counts.received++;
        try {
          on(memo);
        } catch (error) {
          faults.push(error); // the memos behind it are other people's
        }
      };
      const open = (payload: Uint8Array): void => {
        counts.unread += readMemos(payload, hear);
        if (faults.length === 0) return;
        const [first] = faults;
        counts.faults += faults.length;
        faults = [];
        throw first;
      };
      return bus.listen(subject, open, options);
    },
  };
}
