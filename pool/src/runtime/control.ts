import type { PoolName, RegionName } from "@whisper/shared/base/ids";
import type { PoolOrder } from "@whisper/shared/bus/memos";
import { controlSubject } from "@whisper/shared/bus/subjects";
import type { Mail } from "./mail.ts";

/** The ear of a pool for what its operators say on the bus. */
export type Control = {
  /** Orders that could not be read, were no orders, or were another pool's. */
  dropped(): number;
  stop(): void;
};

/**
 * Obeys each order to this pool, however often it comes; anything else on its subject is counted and changes nothing.
 * `mail` is the pool's own: what cannot be read is counted there.
 */
export function listenForOrders(
  mail: Mail,
  { region, pool }: { readonly region: RegionName; readonly pool: PoolName },
  obey: (order: PoolOrder) => void,
): Control {
  let others = 0;
  const ear = mail.listen(controlSubject(region, pool), (memo) => {
    if (memo.kind === "order" && memo.region === region && memo.pool === pool) obey(memo.order);
    else others++;
  });
  return { dropped: () => others + mail.counts.unread, stop: () => ear.stop() };
}
