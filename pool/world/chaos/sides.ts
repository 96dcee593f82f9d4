/**
 * Texts heard one after another, with numbers that rise by one: sender, first number, last number. What a person saw
 * is a row of these in the order in which it came, so an undisturbed chat is a single one.
 */
export type Run = [sender: number, from: number, to: number];

/**
 * How a chat ended for one side: it goes on; this person ended it; the page was told that the partner left; the page
 * lost it (its session was gone, or replaced).
 */
export type Ending = "open" | "me" | "partner_left" | "lost";

/** One chat as one seat saw it. */
export type Side = {
  readonly chat: string;
  readonly seat: number;
  /** `region/pool` of its socket when the chat began. */
  readonly pool: string;
  readonly beganMs: number;
  /** `undefined` while it goes on. */
  readonly endedMs: number | undefined;
  readonly ending: Ending;
  /** Of one that was lost: what its client was told, or why it stopped. */
  readonly how?: string;
  /** How many texts the client took from this person; they are numbered 1, 2, 3 … */
  readonly said: number;
  /** Up to which number this person was told that the partner has them. */
  readonly delivered: number;
  readonly heard: readonly Run[];
  /** Texts shown that carry the marks of another chat, or none. */
  readonly foreign: number;
};

/** Notes a text at the end of what was heard: changes `heard`. */
export function hear(heard: Run[], sender: number, no: number): void {
  const last = heard.at(-1);
  if (last !== undefined && last[0] === sender && last[2] + 1 === no) last[2] = no;
  else heard.push([sender, no, no]);
}
