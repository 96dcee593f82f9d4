import { InvariantError } from "@whisper/shared/base/assert";
import type { Clock } from "@whisper/shared/base/clock";
import type { RegionName } from "@whisper/shared/base/ids";
import type { Random } from "@whisper/shared/base/random";
import { CLERK_GROUP, clerkSubject, loadSubject } from "@whisper/shared/bus/subjects";
import type { SigningJwk } from "@whisper/shared/credentials/signing-keys";
import { BIRTHS_EVERY_MS, POOL_REPORT_EVERY_MS } from "@whisper/shared/limits";
import type { Directory, Log, Records } from "../ports.ts";
import { createQueue } from "../runtime/bounded-queue.ts";
import type { Mail } from "../runtime/mail.ts";
import { answerTo, awayAnswer } from "./answers.ts";
import { startBirthWatch } from "./birth-watch.ts";
import { type ClerkAsk, clerkAskOf } from "./clerk-asks.ts";
import { startDirectoryRounds, type Turn } from "./directory-rounds.ts";
import { createHandover, newHandoverKey } from "./handover.ts";
import { handoverLead } from "./handover-lead.ts";

/** Requests worked on at once, and those that wait; beyond that they are dropped, and their shards ask again. */
const AT_ONCE_MAX = 1_024;
const QUEUED_MAX = 16_384;

export type ClerkParts = {
  readonly mail: Mail;
  readonly region: RegionName;
  readonly records: Records;
  readonly directory: Directory;
  readonly log: Log;
  readonly clock: Clock;
  readonly random: Random;
  /**
   * What hand-over tickets are signed with: all clerks of a region need the same. Without one a clerk makes its own,
   * and hands nobody over until that has stood in the directory long enough for pools to have fetched it.
   */
  readonly handoverKey?: SigningJwk;
  /** Which of a region's clerks publishes the directory; this one if not given. */
  readonly turn?: Turn;
  readonly publishEveryMs?: number;
  /** How often the partitions' generations are read. */
  readonly birthsEveryMs?: number;
};

export type ClerkCounts = {
  answered: number;
  /** Handed on to the clerks of the session's home. */
  passedOn: number;
  /** The store was away or refused. */
  failed: number;
  /** Not taken for want of room. */
  dropped: number;
  /** Not for a clerk, or with a field that is not what it should be. */
  unsound: number;
  published: number;
};
export type Clerk = { readonly counts: ClerkCounts; stop(): Promise<void> };

/**
 * One of a region's clerks; any number may run. It runs each request of a shard as one change of the records and
 * answers the asker, hands requests about sessions of another home on to that home, and publishes the directory when
 * that is its turn. While the store is away it says so where that helps the asker, and is silent where the asker
 * repeats.
 */
export async function startClerk(parts: ClerkParts): Promise<Clerk> {
  const { mail, region, records, log, clock } = parts;
  const counts: ClerkCounts = { answered: 0, passedOn: 0, failed: 0, dropped: 0, unsound: 0, published: 0 };
  const key = parts.handoverKey ?? (await newHandoverKey(region, clock.nowMs(), parts.random));
  const handover = await createHandover(key, region, clock);
  const lead = handoverLead(parts.handoverKey?.notBefore);
  const births = startBirthWatch({ ...parts, everyMs: parts.birthsEveryMs ?? BIRTHS_EVERY_MS });
  const rounds = startDirectoryRounds({
    ...parts,
    everyMs: parts.publishEveryMs ?? POOL_REPORT_EVERY_MS,
    handoverKey: handover.publicKey,
    onPublished() {
      counts.published++;
      lead.published(clock.nowMs());
    },
  });
  const queue = createQueue(AT_ONCE_MAX, QUEUED_MAX, work);
  let isAway = false;

  async function work(ask: ClerkAsk): Promise<void> {
    try {
      const nowMs = clock.nowMs();
      const answer = await answerTo(ask, { records, handover, handsOver: lead.isOver(nowMs), nowMs });
      mail.sendTo(ask.address, answer);
      counts.answered++;
      if (isAway) log.info("records_back");
      isAway = false;
    } catch (error) {
      failed(ask, error);
    }
  }
  const failed = (ask: ClerkAsk, error: unknown): void => {
    counts.failed++;
    const answer = awayAnswer(ask);
    if (answer !== undefined) mail.sendTo(ask.address, answer);
    if (error instanceof InvariantError) return log.error("promise_broken", { promise: error.message });
    // One line an absence; what a store says of itself may hold a key, so that only its kind is told.
    if (!isAway) log.warn("records_away", { refused: error instanceof Error && error.name === "ReplyError" });
    isAway = true;
  };

  const ears = [
    mail.listen(
      clerkSubject(region),
      (memo) => {
        // Only one clerk hears a load, and any may have to publish it: so all are told.
        if (memo.kind === "load") return mail.send(loadSubject(region), memo);
        const ask = clerkAskOf(memo);
        if (ask === undefined) counts.unsound++;
        else if (ask.home !== region) {
          counts.passedOn++;
          mail.send(clerkSubject(ask.home), ask);
        } else if (!queue.take(ask)) counts.dropped++;
      },
      { group: CLERK_GROUP },
    ),
    mail.listen(loadSubject(region), (memo) => {
      if (memo.kind !== "load" || !rounds.heard(memo.report)) counts.unsound++;
    }),
  ];
  return {
    counts,
    async stop() {
      for (const ear of ears) ear.stop();
      await Promise.all([queue.idle(), rounds.stop(), births.stop()]);
    },
  };
}
