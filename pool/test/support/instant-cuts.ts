import type { Memo, MemoKind } from "@whisper/shared/bus/memos";
import type { Mail } from "../../src/runtime/mail.ts";

/**
 * The instant at which a bus is cut: before a memo leaves (it is lost), after it has left (it arrives, and the sender
 * hears no more), before it is taken in (it is lost on its last step), after it was (what it brought about is lost).
 */
export type Instant = {
  readonly kind: MemoKind;
  readonly at: "leaving" | "left" | "coming" | "come";
  /** The chat or the session that the memo is about. */
  readonly about: string;
};

type Armed = { readonly instant: Instant; readonly cut: () => void };

/** Mail that cuts at an instant that was named before. */
export type ArmedMail = Mail & {
  /** Calls `cut` once, in the middle of that memo; the answer disarms. */
  arm(instant: Instant, cut: () => void): () => void;
};

const isAbout = (memo: Memo, about: string): boolean =>
  ("chat" in memo && memo.chat === about) || ("session" in memo && memo.session === about);

/** The same mail, in which cuts can be armed. */
export function armedMail(mail: Mail): ArmedMail {
  const armed = new Set<Armed>();
  const take = (memo: Memo, ...ats: readonly Instant["at"][]): Armed | undefined => {
    if (armed.size === 0) return undefined;
    for (const one of armed) {
      const { kind, at, about } = one.instant;
      if (kind !== memo.kind || !ats.includes(at) || !isAbout(memo, about)) continue;
      armed.delete(one);
      return one;
    }
    return undefined;
  };
  const sending = (memo: Memo, send: () => void): void => {
    const one = take(memo, "leaving", "left");
    if (one?.instant.at === "leaving") one.cut(); // it waits for the end of the turn, and finds no bus then
    send();
    if (one?.instant.at === "left") {
      mail.flush();
      one.cut();
    }
  };
  return {
    ...mail,
    send: (subject, memo) => sending(memo, () => mail.send(subject, memo)),
    sendTo: (address, memo) => sending(memo, () => mail.sendTo(address, memo)),
    listen: (subject, on, options) =>
      mail.listen(
        subject,
        (memo) => {
          const one = take(memo, "coming", "come");
          if (one?.instant.at === "coming") return one.cut();
          on(memo);
          one?.cut();
        },
        options,
      ),
    arm(instant, cut) {
      const one = { instant, cut };
      armed.add(one);
      return () => void armed.delete(one);
    },
  };
}
