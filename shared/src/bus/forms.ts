import { isAddress, isRegionName } from "../base/ids.ts";
import type { ByteReader } from "./bytes.ts";
import type { Form } from "./memos.ts";

// Strings that must have a form are the bulk of a memo. Checking them on their bytes is several times faster than a
// decoder and a pattern, and names that come again and again (addresses, regions, words) are kept instead of built
// anew.

const ID_CHARS = 22;
const DEVICE_CHARS = 11;
/** 1 for the bytes of the base64url alphabet (RFC 4648 §5). */
const IS_BASE64URL = new Uint8Array(256);
for (const char of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
  IS_BASE64URL[char.charCodeAt(0)] = 1;

/** Reads a string of `length` bytes that has the form, else fails the reader. */
export type FormReader = (from: ByteReader, length: number) => string;

function base64UrlOf(chars: number, text: (bytes: Uint8Array, at: number) => string): FormReader {
  return (from, length) => {
    if (length !== chars) return refused(from);
    const at = from.take(length);
    if (at < 0) return "";
    let good = 1;
    for (let i = at; i < at + chars; i++) good &= IS_BASE64URL[from.bytes[i] as number] as number;
    return good === 1 ? text(from.bytes, at) : refused(from);
  };
}

function refused(from: ByteReader): string {
  from.fail();
  return "";
}

// One call with all letters makes one flat string: 37 ns, where a decoder takes 80 and a loop that adds letters 150.
const id = base64UrlOf(ID_CHARS, (b, i) =>
  // biome-ignore format: one row of eight is easier to check than 22 lines
  String.fromCharCode(
    b[i] as number, b[i + 1] as number, b[i + 2] as number, b[i + 3] as number, b[i + 4] as number, b[i + 5] as number,
    b[i + 6] as number, b[i + 7] as number, b[i + 8] as number, b[i + 9] as number, b[i + 10] as number,
    b[i + 11] as number, b[i + 12] as number, b[i + 13] as number, b[i + 14] as number, b[i + 15] as number,
    b[i + 16] as number, b[i + 17] as number, b[i + 18] as number, b[i + 19] as number, b[i + 20] as number,
    b[i + 21] as number,
  ),
);
const device = base64UrlOf(DEVICE_CHARS, (b, i) =>
  // biome-ignore format: as above
  String.fromCharCode(
    b[i] as number, b[i + 1] as number, b[i + 2] as number, b[i + 3] as number, b[i + 4] as number, b[i + 5] as number,
    b[i + 6] as number, b[i + 7] as number, b[i + 8] as number, b[i + 9] as number, b[i + 10] as number,
  ),
);

const KEPT = 1_024;
const KEPT_CHARS_MAX = 64;

/** Reads strings that pass `is`, keeping up to 1,024 of them: one that is kept is neither built nor checked again. */
function keptOf(is: (value: string) => boolean): FormReader {
  const kept: string[] = new Array<string>(KEPT).fill("");
  return (from, length) => {
    if (length === 0 || length > KEPT_CHARS_MAX) return refused(from);
    const at = from.take(length);
    if (at < 0) return "";
    const { bytes } = from;
    let hash = length;
    for (let i = at; i < at + length; i++) hash = (Math.imul(hash, 31) + (bytes[i] as number)) | 0;
    const place = hash & (KEPT - 1);
    const known = kept[place] as string;
    if (isSame(known, bytes, at, length)) return known;
    from.at = at;
    const value = from.str(length);
    if (from.bad || !is(value)) return refused(from);
    kept[place] = value;
    return value;
  };
}

function isSame(known: string, bytes: Uint8Array, at: number, length: number): boolean {
  if (known.length !== length) return false;
  for (let i = 0; i < length; i++) if (known.charCodeAt(i) !== bytes[at + i]) return false;
  return true;
}

const address = keptOf(isAddress);
const name = keptOf(isRegionName);

/** The reader of a form; without one, any UTF-8. */
export function formReader(form: Form | undefined): FormReader {
  switch (form) {
    case undefined:
      return (from, length) => from.str(length);
    case "id":
      return id;
    case "device":
      return device;
    case "address":
      return address;
    case "name":
      return name;
    default:
      return keptOf((value) => form.includes(value));
  }
}
