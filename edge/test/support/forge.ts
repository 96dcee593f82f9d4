import { fromBase64Url, toBase64Url } from "@whisper/shared/base/base64url";

const text = new TextDecoder();
const utf8 = new TextEncoder();

const read = (part: string | undefined): object => JSON.parse(text.decode(fromBase64Url(part ?? "")));
const write = (value: object): string => toBase64Url(utf8.encode(JSON.stringify(value)));

/** The same token with other words in its header or claims, under its old signature or the one given. */
export function resign(token: string, header: object, claims: object = {}, signature?: string): string {
  const [head, body, old = ""] = token.split(".");
  return `${write({ ...read(head), ...header })}.${write({ ...read(body), ...claims })}.${signature ?? old}`;
}

/** The same token with one letter of its signature changed. */
export function tamper(token: string): string {
  const at = token.length - 20;
  return `${token.slice(0, at)}${token[at] === "A" ? "B" : "A"}${token.slice(at + 1)}`;
}
