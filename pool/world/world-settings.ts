import { optional, type Settings, setting, signingKeyList, wholeNumber } from "../src/runtime/settings.ts";

const port = wholeNumber(0, 65_535);

/** What `npm start` reads from the environment. */
export const WORLD_SETTINGS = {
  WHISPER_EDGE_PORT: setting("the edge's port, 0 to 65535; 0 for any", port, "8787"),
  WHISPER_POOL_PORTS: setting("the first pool's port for sockets, 0 to 65535; 0 for any", port, "9001"),
  WHISPER_OPS_PORTS: setting("the first pool's port for operators, 0 to 65535; 0 for any", port, "9101"),
  WHISPER_TEXTS_PER_WINDOW: setting("texts one person may send in 10 s, 1 or more", wholeNumber(1, 1_000_000_000), "5"),
  WHISPER_SOCKETS_MAX: setting("sockets one shard holds, 1 to 1000000", wholeNumber(1, 1_000_000), "18000"),
  WHISPER_SIGNING_KEYS: optional(
    "the edge's keys, a JSON list of Ed25519 JWKs; else it makes its own, and no load pass can be signed",
    signingKeyList,
  ),
} as const satisfies Settings;
