import { type Address, type AddressParts, parseAddress } from "../base/ids.ts";

// Every name on the bus. Core NATS, but for the report stream.

/** A shard's inbox: one subscription, whatever it holds. */
export const inboxSubject = (shard: Pick<AddressParts, "region" | "pool" | "shard">): string =>
  `wh.${shard.region}.in.${shard.pool}.${shard.shard}`;

/** The inbox of the shard at `address`, or `undefined` for a text that is no address. */
export function inboxOf(address: Address): string | undefined {
  const parts = parseAddress(address);
  return parts === undefined ? undefined : inboxSubject(parts);
}

/** A region's matchers (queue group). */
export const deskSubject = (region: string): string => `wh.${region}.desk`;
/** A region's clerks (queue group). */
export const clerkSubject = (region: string): string => `wh.${region}.clerk`;
/** What pools say of their load, handed on by the clerk that heard it: every clerk of the region hears all of them. */
export const loadSubject = (region: string): string => `wh.${region}.load`;
/** A region's reports (JetStream). */
export const reportSubject = (region: string): string => `wh.${region}.report`;
/** What a pool says of its shards each second, and which of them have ended. */
export const heartbeatSubject = (region: string, pool: string): string => `wh.hb.${region}.${pool}`;
/** The same of all pools of a region. */
export const heartbeatsOf = (region: string): string => `wh.hb.${region}.*`;
/** Where a pool is told what to do. */
export const controlSubject = (region: string, pool: string): string => `wh.ctl.${region}.${pool}`;
/** What all shards everywhere hear. */
export const CONTROL_ALL = "wh.ctl.all";
/** The queue groups' names. */
export const DESK_GROUP = "desk";
export const CLERK_GROUP = "clerk";
