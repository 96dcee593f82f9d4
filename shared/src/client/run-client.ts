import { unreachable } from "../base/assert.ts";
import { decodeServerFrame, encodeFrame } from "../protocol/codec.ts";
import { offeredProtocols } from "../protocol/version.ts";
import { step, wakeAtMs } from "./client-step.ts";
import { askEdge, RELAY_PATH } from "./connect-call.ts";
import type { Call, ClientEffect, ClientEvent, ClientState, Habits } from "./state.ts";
import { restore } from "./storage.ts";
import type { ClientWorld, Keep } from "./view.ts";

/** A running brain: takes calls, tells each change. */
export type RunningClient = {
  state(): ClientState;
  tell(call: Call): void;
};

const KEYS = { tab: "whisper.tab", chat: "whisper.chat", device: "whisper.device" } as const;
/** setTimeout takes no more than this. */
const TIMER_MS_MAX = 0x7f_ff_ff_ff;

/** Gives the brain hands: fetch, sockets, one timer, two keeps. `onStep` hears every step, in order, after its effects. */
export function runClient(
  world: ClientWorld,
  onStep: (before: ClientState, after: ClientState, nowMs: number) => void,
  habits?: Habits,
): RunningClient {
  const keeps = keepsOf(world);
  const sockets = new Map<number, WebSocket>();
  let state = restore(keeps.read(), world.nowMs(), habits);
  let timer: { readonly atMs: number; readonly handle: unknown } | undefined;
  const waiting: ClientEvent[] = [];
  let isRunning = false;

  /** One event at a time: what an effect brings about waits its turn. */
  function take(event: ClientEvent) {
    waiting.push(event);
    if (isRunning) return;
    isRunning = true;
    try {
      for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
        const before = state;
        const nowMs = world.nowMs();
        const { next, effects } = step(before, one, nowMs, world.chance());
        state = next;
        for (const effect of effects) run(effect);
        onStep(before, next, nowMs);
      }
    } finally {
      isRunning = false;
    }
    setAlarm();
  }

  function run(effect: ClientEffect) {
    switch (effect.do) {
      case "keep":
        return keeps.write(effect.what, effect.value);
      case "ask":
        void askEdge(world.fetch, world.edge, effect.body).then((answer) => {
          const { ask } = effect;
          if (answer.ok) take({ event: "admitted", ask, admission: answer.admission });
          else take({ event: "refused", ask, refusal: answer.refusal });
        });
        return;
      case "open":
        return open(effect.socket, effect.url ?? relayUrl(world.edge), effect.ticket);
      case "send": {
        const socket = sockets.get(effect.socket);
        if (socket?.readyState === 1) socket.send(encodeFrame(effect.frame));
        return; // a closing socket will say so itself, and everything unconfirmed goes again
      }
      case "close":
        sockets.get(effect.socket)?.close(1000);
        sockets.delete(effect.socket);
        return;
      default:
        return unreachable(effect);
    }
  }

  function open(no: number, url: string, ticket: string) {
    let socket: WebSocket;
    try {
      socket = new world.WebSocket(url, offeredProtocols(ticket));
    } catch {
      take({ event: "closed", socket: no, code: 1006, reason: "" }); // an address that no socket takes: as if it were shut
      return;
    }
    sockets.set(no, socket);
    socket.addEventListener("open", () => take({ event: "opened", socket: no }));
    socket.addEventListener("message", (event: MessageEvent) => {
      const frame = typeof event.data === "string" ? decodeServerFrame(event.data) : undefined;
      if (frame?.ok) take({ event: "frame", socket: no, frame: frame.value }); // others are of a newer server: skipped
    });
    socket.addEventListener("close", (event: CloseEvent) => {
      sockets.delete(no);
      take({ event: "closed", socket: no, code: event.code, reason: event.reason });
    });
    socket.addEventListener("error", () => undefined); // `close` follows and says all there is to say
  }

  function setAlarm() {
    const atMs = wakeAtMs(state);
    if (atMs === timer?.atMs) return;
    if (timer !== undefined) world.clearTimer(timer.handle);
    timer = undefined;
    if (atMs === undefined) return;
    const delayMs = Math.min(Math.max(0, atMs - world.nowMs()), TIMER_MS_MAX);
    const handle = world.setTimer(() => {
      timer = undefined;
      take({ event: "woke" });
    }, delayMs);
    timer = { atMs, handle };
  }

  return { state: () => state, tell: (call) => take({ event: "call", call }) };
}

const relayUrl = (edge: string): string => `${edge.replace(/^http/, "ws")}${RELAY_PATH}`;

/**
 * Storage that may be missing, full or forbidden. A tab whose memory can no longer be kept whole is forgotten: an old half of it
 * would be worse after a reload than none. The chat at hand goes on either way.
 */
function keepsOf({ tab, device }: ClientWorld) {
  let isTabLost = false;
  const read = (keep: Keep, key: string): string | null => {
    try {
      return keep.getItem(key);
    } catch {
      return null; // forbidden: the same as empty
    }
  };
  const put = (keep: Keep, key: string, value: string | undefined): boolean => {
    try {
      if (value === undefined) keep.removeItem(key);
      else keep.setItem(key, value);
      return true;
    } catch {
      return false;
    }
  };
  return {
    read: () => ({ tab: read(tab, KEYS.tab), chat: read(tab, KEYS.chat), device: read(device, KEYS.device) }),
    write(what: keyof typeof KEYS, value: string | undefined): void {
      if (what === "device") {
        put(device, KEYS.device, value); // unkept, the next visit brings a new device: allowed, and metered by the edge
        return;
      }
      if (isTabLost || put(tab, KEYS[what], value)) return;
      isTabLost = true;
      put(tab, KEYS.tab, undefined);
      put(tab, KEYS.chat, undefined);
    },
  };
}
