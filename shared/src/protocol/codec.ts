import { fail, ok, type Result } from "../base/result.ts";
import type { FrameErrorCode } from "../errors.ts";
import { FRAME_BYTES_MAX } from "../limits.ts";
import { CLIENT_FRAMES, type ClientFrame, type ClientFrameName } from "./client-frames.ts";
import type { Fields } from "./fields.ts";
import { SERVER_FRAMES, type ServerFrame, type ServerFrameName } from "./server-frames.ts";

/** A refused frame: the code, and the number of the text it was about where one could be read. */
export type DecodeFailure = { readonly ok: false; readonly code: FrameErrorCode; readonly id?: number };

/** Wire text to a typed frame. Total: any input gives a frame or a code, never a throw. */
export function decodeClientFrame(wire: string): { readonly ok: true; readonly value: ClientFrame } | DecodeFailure {
  // The socket counts bytes; this guards every other caller.
  if (wire.length > FRAME_BYTES_MAX) return fail("frame_too_large");
  const fields = objectIn(wire);
  const name = fields?.type;
  if (fields === undefined || typeof name !== "string") return fail("parse_error");
  if (!Object.hasOwn(CLIENT_FRAMES, name)) return fail("unsupported_type");
  const body = CLIENT_FRAMES[name as ClientFrameName].parse(fields);
  if (body.ok) return ok({ type: name, ...body.value } as ClientFrame);
  const id = fields.id;
  return name === "message" && typeof id === "number" ? { ok: false, code: body.code, id } : body;
}

/**
 * Wire text to a server's frame, for clients. A frame of a newer server (unknown type) is `unsupported_type`: skip
 * it.
 */
export function decodeServerFrame(wire: string): Result<ServerFrame, "parse_error" | "unsupported_type"> {
  const fields = objectIn(wire);
  const name = fields?.type;
  if (fields === undefined || typeof name !== "string") return fail("parse_error");
  if (!Object.hasOwn(SERVER_FRAMES, name)) return fail("unsupported_type");
  return SERVER_FRAMES[name as ServerFrameName].holds(fields) ? ok(fields as ServerFrame) : fail("parse_error");
}

/** A frame of either side to wire text. */
export const encodeFrame = (frame: ServerFrame | ClientFrameWire): string => JSON.stringify(frame);

/** A client's frame as it goes on the wire (absent fields left out). */
export type ClientFrameWire = { readonly type: ClientFrameName } & Fields;

/**
 * One text for the person it is meant for; written by hand because nine frames of ten are this one. `ts` in whole
 * seconds.
 */
export function encodeMessage(id: number, text: string | undefined, ts: number, delivered: number | undefined): string {
  const body = text === undefined ? `"void":true` : `"text":${JSON.stringify(text)}`;
  const rider = delivered === undefined ? "" : `,"delivered":${delivered}`;
  return `{"type":"message","from":"partner","id":${id},${body},"ts":${ts}${rider}}`;
}

function objectIn(wire: string): Fields | undefined {
  let raw: unknown;
  try {
    raw = JSON.parse(wire);
  } catch {
    return undefined; // not JSON: the caller answers parse_error
  }
  return typeof raw === "object" && raw !== null && !Array.isArray(raw) ? (raw as Fields) : undefined;
}
