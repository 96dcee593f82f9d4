import type { Lane } from "@whisper/shared/credentials/claims";

/** Who wrote a text, and which of theirs it is. Every text of a run says it in its words. */
export type Marks = {
  readonly run: number;
  readonly lane: Lane;
  readonly couple: number;
  readonly seat: number;
  readonly no: number;
};

/** Few enough digits in a row, with words between them, that no filter takes a text for a telephone number. */
const RUNS = 1_000_000;
const TEXT = /^run (\d{1,6}) (live|test) couple (\d{1,7}) seat ([01]) says (\d{1,8})(?: |$)/;
const FILLING = (
  "and the little river is long and quiet in the morning when people walk along the water and talk about music and " +
  "what they would like to make for dinner with some old friends from another town by the small green mountain "
).split(" ");

/** The number of a run that its texts carry. */
export const runMarkOf = (seed: number): number => Math.abs(Math.trunc(seed)) % RUNS;

/** What stands before the number in every text of one person. */
export const openingOf = ({ run, lane, couple, seat }: Omit<Marks, "no">): string =>
  `run ${run} ${lane} couple ${couple} seat ${seat} says `;

/** Whole everyday words of at most `chars` characters, a space in front of each. */
export function fillingOf(chars: number): string {
  let filling = "";
  for (let at = 0; ; at++) {
    const word = FILLING[at % FILLING.length] ?? "";
    if (filling.length + 1 + word.length > chars) return filling;
    filling += ` ${word}`;
  }
}

/** Reads a text's marks back; `undefined` for what nobody of any run wrote. */
export function marksIn(text: string): Marks | undefined {
  const found = TEXT.exec(text);
  if (found === null) return undefined;
  const [, run, lane, couple, seat, no] = found;
  return {
    run: Number(run),
    lane: lane === "test" ? "test" : "live",
    couple: Number(couple),
    seat: Number(seat),
    no: Number(no),
  };
}
