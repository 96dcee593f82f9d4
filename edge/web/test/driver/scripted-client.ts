import type { Line, View, WhisperClient } from "@whisper/shared/client/view";

export type Scripted = WhisperClient & {
  /** Shows another moment. */
  readonly set: (change: Partial<View>) => void;
  /** A text of the partner's. */
  readonly hear: (text: string) => void;
  /** What the page asked for, in order. */
  readonly asked: string[];
};

/** A client without a server, for looking at the page: it shows what it is told, and remembers what it was asked. */
export function scriptedClient(first: View, nowMs: () => number): Scripted {
  let view = first;
  let isTold = false;
  const listeners = new Set<(view: View) => void>();
  const asked: string[] = [];
  const set = (change: Partial<View>): void => {
    view = { ...view, ...change };
    if (isTold) return;
    isTold = true;
    queueMicrotask(() => {
      isTold = false;
      for (const listener of listeners) listener(view);
    });
  };
  const add = (line: Omit<Line, "id" | "atMs">): void => {
    const id = view.transcript.filter((known) => known.from === line.from).length + 1;
    set({ transcript: [...view.transcript, { ...line, id, atMs: nowMs() }] });
  };
  const note =
    (what: string) =>
    (...given: readonly unknown[]): void => {
      asked.push(given.length === 0 ? what : `${what} ${JSON.stringify(given)}`);
    };
  return {
    asked,
    set,
    hear: (text) => add({ from: "partner", text }),
    view: () => view,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    connect: note("connect"),
    answerChallenge: note("answerChallenge"),
    seek: (interests, languages) => note("seek")(interests, languages),
    cancel: () => note("cancel")(),
    accept: () => note("accept")(),
    decline: () => note("decline")(),
    say: (text) => {
      note("say")(text);
      if (view.now.scene !== "chatting") return false;
      add({ from: "me", text, state: "waiting" });
      return true;
    },
    typing: note("typing"),
    end: () => note("end")(),
    next: note("next"),
    report: note("report"),
    block: () => note("block")(),
    close: () => note("close")(),
  };
}
