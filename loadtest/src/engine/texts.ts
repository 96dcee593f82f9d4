/** Short everyday words; the filter has nothing to say about them. */
const WORDS = (
  "a i so no do we it is he me my you the and not but for yes was day how are who she out new old too " +
  "what have with that this from they your good some time very when come here just like long make many over take " +
  "about think where music there which would night today great never river small little summer people really because " +
  "weekend nothing another morning kitchen concert mountain actually tomorrow anything together remember question"
).split(" ");

/** How long a text of the bench is. */
export const TEXT_CHARS = 64;

/** `count` different clean texts of exactly 64 characters, the same on every run. */
export function benchTexts(count: number): readonly string[] {
  let state = 12_345;
  const next = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0; // ANSI C's generator: the texts differ, and that is all
    return (state >>> 8) % below;
  };
  return Array.from({ length: count }, () => oneText(next));
}

function oneText(next: (below: number) => number): string {
  let text = "";
  for (;;) {
    const left = TEXT_CHARS - 1 - text.length - (text === "" ? 0 : 1);
    const fitting = WORDS.filter((word) => word.length === left || word.length <= left - 2);
    const word = fitting[next(fitting.length)] ?? "";
    text += text === "" ? word.charAt(0).toUpperCase() + word.slice(1) : ` ${word}`;
    if (text.length >= TEXT_CHARS - 1) return `${text}${next(3) === 0 ? "?" : "."}`;
  }
}
