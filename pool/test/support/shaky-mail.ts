import type { Random } from "@whisper/shared/base/random";
import type { Memo } from "@whisper/shared/bus/memos";
import type { Mail } from "../../src/runtime/mail.ts";

export type Shakes = {
  /** Share of memos that never arrive, that arrive twice, and that arrive late. */
  readonly lost: number;
  readonly doubled: number;
  readonly late: number;
  readonly lateMsMax: number;
};

/** Mail that loses, doubles and delays what it hears, each memo by itself. */
export function shakyMail(mail: Mail, shakes: Shakes, random: Random): Mail {
  const hand = (memo: Memo, on: (memo: Memo) => void): void => {
    if (random.unit() < shakes.late) setTimeout(() => on(memo), random.unit() * shakes.lateMsMax);
    else on(memo);
  };
  return {
    ...mail,
    listen: (subject, on, options) =>
      mail.listen(
        subject,
        (memo) => {
          if (random.unit() < shakes.lost) return;
          hand(memo, on);
          if (random.unit() < shakes.doubled) hand(memo, on);
        },
        options,
      ),
  };
}
