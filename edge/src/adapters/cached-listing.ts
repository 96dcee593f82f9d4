import type { LastCopy } from "../ports.ts";
import { fieldsOf, listingOf } from "./listing.ts";

/** A name that no client can ask for: the Cache API's key is a URL. */
const KEY = "https://directory.whisper.invalid/listing";
const KEPT_S = 86_400;

/** The last good directory in this data centre's cache, for an isolate that starts while the directory is away. */
export const cachedListing: LastCopy = {
  async load() {
    try {
      const kept = await caches.default.match(KEY);
      return kept === undefined ? undefined : listingOf(await kept.json());
    } catch {
      return undefined; // a cache may forget or fail: the caller then has no copy
    }
  },
  async save(listing) {
    const headers = { "content-type": "application/json", "cache-control": `max-age=${KEPT_S}` };
    try {
      await caches.default.put(KEY, new Response(JSON.stringify(fieldsOf(listing)), { headers }));
    } catch {
      // A copy that cannot be kept is only missed when the directory is away too.
    }
  },
};
