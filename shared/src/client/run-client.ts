import { unreachable } from "../base/assert.ts";
import { decodeServerFrame, encodeFrame } from "../protocol/codec.ts";
import { step, wakeAtMs } from "./client-step.ts";
import type { Connected } from "./connect-call.ts";
import type { Call, ClientEffect, ClientEvent, ClientState, ConnectBody, Habits } from "./state.ts";
import { restore } from "./storage.ts";
import type { ClientWorld, Keep } from "./view.ts";

/**
 * What the shell needs to act. A page's come from `handsOf(world)`; the edge, which is itself where a client asks,
 * has its own.
 */
export type ClientHands = Pick<ClientWorld, "nowMs" | "chance" | "setTimer" | "clearTimer" | "tab" | "device"> & {
  /** Asks the edge to let us in; never rejects. */
  ask(body: ConnectBody): Promise<Connected>;
  /** Opens a socket, through the edge when `url` is undefined. May throw; `heard` is called later, never at once. */
  open(url: string | undefined, ticket: string, heard: SocketEars): OpenedSocket;
};
export type SocketEars = {
  opened(): void;
  /** One frame, as it came. */
  frame(wire: unknown): void;
  closed(code: number, reason: string): void;
};
/** `send` may be called at any time; what cannot go is dropped. */
export type OpenedSocket = { send(wire: string): void; close(): void };

/** A running brain: takes calls, tells each change. */
export type RunningClient = {
  state(): ClientState;
  tell(call: Call): void;
};

const KEYS = { tab: "whisper.tab", chat: "whisper.chat", device: "whisper.device" } as const;
/** setTimeout takes no more than this. */
const TIMER_MS_MAX = 0x7f_ff_ff_ff;

/**
 * Gives the brain hands: fetch, sockets, one timer, two keeps. `onStep` hears every step, in order, after its
 * effects.
 */
export function runClient(
  hands: ClientHands,
  onStep: (before: ClientState, after: ClientState, nowMs: number) => void,
  habits?: Habits,
): RunningClient {
  const keeps = keepsOf(hands);
  const sockets = new Map<number, OpenedSocket>();
  let state = restore(keeps.read(), hands.nowMs(), habits);
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
        const nowMs = hands.nowMs();
        const { next, effects } = step(before, one, nowMs, hands.chance());
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
        void hands.ask(effect.body).then((answer) => {
          const { ask } = effect;
          if (answer.ok) take({ event: "admitted", ask, admission: answer.admission });
          else take({ event: "refused", ask, refusal: answer.refusal });
        });
        return;
      case "open":
        return open(effect.socket, effect.url, effect.ticket);
      case "send":
        // A closing socket drops it, says so itself, and everything unconfirmed goes again.
        sockets.get(effect.socket)?.send(encodeFrame(effect.frame));
        return;
      case "close":
        sockets.get(effect.socket)?.close();
        sockets.delete(effect.socket);
        return;
      default:
        return unreachable(effect);
    }
  }

  function open(no: number, url: string | undefined, ticket: string) {
    const closed = (code: number, reason: string): void => {
      sockets.delete(no);
      take({ event: "closed", socket: no, code, reason });
    };
    try {
      const socket = hands.open(url, ticket, {
        opened: () => take({ event: "opened", socket: no }),
        frame(wire) {
          const frame = typeof wire === "string" ? decodeServerFrame(wire) : undefined;
          // Others are of a newer server: skipped.
          if (frame?.ok) take({ event: "frame", socket: no, frame: frame.value });
        },
        closed,
      });
      sockets.set(no, socket);
    } catch {
      closed(1006, ""); // an address that no socket takes: as if it were shut
    }
  }

  function setAlarm() {
    const atMs = wakeAtMs(state);
    if (atMs === timer?.atMs) return;
    if (timer !== undefined) hands.clearTimer(timer.handle);
    timer = undefined;
    if (atMs === undefined) return;
    const delayMs = Math.min(Math.max(0, atMs - hands.nowMs()), TIMER_MS_MAX);
    const handle = hands.setTimer(() => {
      timer = undefined;
      take({ event: "woke" });
    }, delayMs);
    timer = { atMs, handle };
  }

  return { state: () => state, tell: (call) => take({ event: "call", call }) };
}

/**
 * Storage that may be missing, full or forbidden. A tab whose memory can no longer be kept whole is forgotten: an old
 * half of it would be worse after a reload than none. The chat at hand goes on either way.
 */
function keepsOf({ tab, device }: ClientHands) {
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
