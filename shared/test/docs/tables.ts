import { MEMOS } from "../../src/bus/memos.ts";
import { FRAME_ERRORS, HTTP_ERRORS } from "../../src/errors.ts";
import { CLIENT_FRAMES, PLACES } from "../../src/protocol/client-frames.ts";
import { CLOSE_CODES, returnAdvice } from "../../src/protocol/close-codes.ts";
import { SERVER_FRAMES } from "../../src/protocol/server-frames.ts";

/** A Markdown table. Cells are text; a bar in one is escaped. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

const code = (text: string): string => (text === "" ? "–" : `\`${text}\``);
const places = (allowed: readonly string[]): string =>
  allowed.length === PLACES.length ? "anywhere" : allowed.join(", ");

/** What a client may say. */
export const clientFrames = (): string =>
  table(
    ["Frame", "Fields", "Legal when", "Meter", "Elsewhere it gets"],
    Object.entries(CLIENT_FRAMES).map(([name, row]) => [
      code(name),
      code(row.shape),
      places(row.allowedIn),
      row.meter,
      row.allowedIn.length === PLACES.length && row.illegal === "ignored" ? "–" : answer(row.illegal),
    ]),
  );
const answer = (illegal: string): string => (illegal === "ignored" ? "no answer" : code(illegal));

/** What a server says. */
export const serverFrames = (): string =>
  table(
    ["Frame", "Fields", "Says"],
    Object.entries(SERVER_FRAMES).map(([name, row]) => [code(name), code(row.shape), row.says]),
  );

/** Codes of `error` frames. */
export const frameErrors = (): string =>
  table(
    ["Code", "Words for a person"],
    Object.entries(FRAME_ERRORS).map(([name, row]) => [code(name), row.say]),
  );

/** Codes of the edge's answers. */
export const httpErrors = (): string =>
  table(
    ["Code", "Status", "Words for a person"],
    Object.entries(HTTP_ERRORS).map(([name, row]) => [code(name), String(row.status), row.say]),
  );

const ADVICE = {
  now: "come back now, anywhere",
  after_pause: "come back after a pause",
  new_ticket: "get a new ticket first",
  never: "do not come back",
} as const;

/** Why a server closes a socket. */
export const closeCodes = (): string =>
  table(
    ["Code", "Name", "Because", "The client should"],
    Object.entries(CLOSE_CODES).map(([name, row]) => [
      String(row.code),
      code(name),
      row.why,
      ADVICE[returnAdvice(row.code)],
    ]),
  );

/** What shards, desks and clerks tell each other. */
export const memos = (): string =>
  table(
    ["No.", "Memo", "From → to", "Acknowledged", "Fields", "Says"],
    Object.entries(MEMOS).map(([name, row]) => [
      String(row.wire),
      code(name),
      `${row.from} → ${row.to}`,
      row.acked ? "yes" : "no",
      code(
        Object.entries(row.fields)
          .map(([field, { kind }]) => `${field} ${kind}`)
          .join(", "),
      ),
      row.says,
    ]),
  );
