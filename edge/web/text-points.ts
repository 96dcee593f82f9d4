import { TEXT_POINTS_MAX } from "@whisper/shared/limits";

/** From here on the page shows how many characters are left. */
const SHOWN_FROM = TEXT_POINTS_MAX - 200;

/** How many code points may still be typed, below 0 when too many; `undefined` while far from the limit. */
export function pointsLeft(text: string): number | undefined {
  if (text.length < SHOWN_FROM) return undefined; // never more points than units
  let points = 0;
  for (const _ of text) points += 1;
  return points < SHOWN_FROM ? undefined : TEXT_POINTS_MAX - points;
}

/** Whether this can be sent: something visible, and not too long. */
export const isSendable = (text: string): boolean => text.trim() !== "" && (pointsLeft(text) ?? 0) >= 0;
