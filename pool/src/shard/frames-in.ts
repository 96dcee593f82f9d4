import { FRAME_BYTES_MAX } from "@whisper/shared/limits";
import { decodeClientFrame, encodeFrame } from "@whisper/shared/protocol/codec";
import { errorFrame } from "@whisper/shared/protocol/server-frames";
import type { Event } from "./event.ts";
import type { Hub, Person } from "./hub.ts";
import { charged, type Meter, waitMs } from "./meter.ts";

export type FramesWorld = {
  readonly hub: Hub;
  readonly nowMs: () => number;
  readonly frames: Meter;
  readonly frameBytes: Meter;
  apply(person: Person, event: Event): void;
  send(slot: number, wire: string): void;
  /** More frames than any honest client sends. */
  broken(slot: number): void;
};

/**
 * The first door in: one data frame from a socket. Synchronous: the library's buffer dies when this returns.
 * Texts have meters of their own; every other frame, and whatever cannot be read, is charged to the socket.
 */
export function onBytes(slot: number, bytes: ArrayBuffer, isBinary: boolean, world: FramesWorld): void {
  const { hub } = world;
  const size = bytes.byteLength;
  if (isBinary || size > FRAME_BYTES_MAX) {
    if (!passes(slot, size, world)) return;
    world.send(slot, encodeFrame(errorFrame(isBinary ? "parse_error" : "frame_too_large")));
    return;
  }
  const decoded = decodeClientFrame(Buffer.from(bytes).toString("utf8"));
  const isText = decoded.ok && decoded.value.type === "message";
  const person = hub.slots.isEntered(slot) ? hub.personAt(slot) : undefined;
  if (!(isText && person?.value.place === "chatting") && !passes(slot, size, world)) return;
  if (!decoded.ok) {
    world.send(slot, encodeFrame(errorFrame(decoded.code, decoded.id)));
    return;
  }
  if (person === undefined) {
    world.send(slot, encodeFrame(errorFrame("wrong_state"))); // not yet admitted: nothing comes before session_created
    return;
  }
  world.apply(person, { event: "frame", frame: decoded.value, bytes: size });
}

function passes(slot: number, bytes: number, { hub, nowMs, frames, frameBytes, broken }: FramesWorld): boolean {
  const now = nowMs();
  const { framesMs, frameBytesMs } = hub.slots;
  const countMs = framesMs[slot] as number;
  const bytesMs = frameBytesMs[slot] as number;
  if (waitMs(frames, countMs, now) > 0 || waitMs(frameBytes, bytesMs, now, bytes) > 0) {
    broken(slot);
    return false;
  }
  framesMs[slot] = charged(frames, countMs, now);
  frameBytesMs[slot] = charged(frameBytes, bytesMs, now, bytes);
  return true;
}
