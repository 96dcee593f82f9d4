import type { PublicJwk } from "@whisper/shared/credentials/key-ring";
import type { PoolReport } from "@whisper/shared/directory/pool-report";

/** What the edge needs from the world, in its own words. Adapters obey these; nothing here names a vendor. */

/**
 * The directory as it was read: what pools say of themselves, the clerks' hand-over keys, and the publisher's clock.
 */
export type Listing = {
  readonly atMs: number;
  readonly reports: readonly PoolReport[];
  readonly handover: readonly PublicJwk[];
};

/** Where the directory lies. Rejects when it cannot be read in time, or says nothing. */
export type DirectoryStore = { read(): Promise<Listing> };

/** A copy that outlives the isolate. Never rejects. */
export type LastCopy = { load(): Promise<Listing | undefined>; save(listing: Listing): Promise<void> };

/** How often a network may do something. Never rejects: a broken meter lets people in, the pools are the authority. */
export type Meter = { take(network: string, nowMs: number): Promise<"taken" | { readonly retryAfterS: number }> };

/** A proof of being a person. `holds` never rejects: what cannot be checked does not hold. */
export type Challenge = {
  readonly sitekey: string;
  readonly action: string;
  holds(answer: string, remoteIp: string | undefined): Promise<boolean>;
};

/** A binding of static files. */
export type Assets = { fetch(request: Request): Promise<Response> };

/** Lets work go on after the answer has left. */
export type WaitUntil = (work: Promise<unknown>) => void;

/** Lines for operators: a name from a table and closed-list fields. Never a token, a text, an id or an address. */
export type Log = {
  warn(event: LogEvent, fields?: Readonly<Record<string, number | string>>): void;
};
type LogEvent = "config_faults" | "directory_away" | "fault" | "meter_away" | "challenge_away";
