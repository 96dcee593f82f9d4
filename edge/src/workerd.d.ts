/** What workerd has beyond the Web's own types, as far as we use it (Workers runtime APIs, 2026-05-01). */
interface WebSocket {
  /** Starts handing frames to this isolate; until then they wait. */
  accept(): void;
}
declare class WebSocketPair {
  readonly 0: WebSocket;
  readonly 1: WebSocket;
}
interface Response {
  readonly webSocket: WebSocket | null;
}
interface ResponseInit {
  readonly webSocket?: WebSocket | null;
}
interface CacheStorage {
  readonly default: Cache;
}
