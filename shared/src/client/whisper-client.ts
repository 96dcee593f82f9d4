import { viewOf } from "./client-step.ts";
import { runClient } from "./run-client.ts";
import type { ClientWorld, View, WhisperClient } from "./view.ts";
import { webHands } from "./web-hands.ts";

/**
 * A client of Whisper: comes in, seeks, chats, and comes back by itself. The same code runs in a browser, in Node 22
 * and in a Worker; everything it touches is in `world`.
 *
 *     const client = createWhisperClient(browserWorld("https://whisper.example"));
 *     client.subscribe((view) => render(view));
 *     client.seek(["music", "gaming"]);
 */
export function createWhisperClient(world: ClientWorld): WhisperClient {
  const listeners = new Set<(view: View) => void>();
  let isTelling = false;
  let shown: View | undefined;

  const client = runClient(webHands(world), (before, after) => {
    if (before === after) return;
    shown = undefined;
    if (isTelling || listeners.size === 0) return;
    isTelling = true;
    queueMicrotask(() => {
      isTelling = false;
      const view = current();
      for (const listener of [...listeners]) listener(view);
    });
  });

  function current(): View {
    shown ??= viewOf(client.state());
    return shown;
  }

  return {
    view: current,
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    connect: () => client.tell({ call: "connect" }),
    answerChallenge: (token) => client.tell({ call: "answer_challenge", token }),
    seek: (interests, languages) => client.tell({ call: "seek", interests, languages }),
    cancel: () => client.tell({ call: "cancel" }),
    accept: () => client.tell({ call: "accept" }),
    decline: () => client.tell({ call: "decline" }),
    say(text) {
      const before = client.state().talk?.lastId ?? 0;
      client.tell({ call: "say", text });
      return (client.state().talk?.lastId ?? 0) > before;
    },
    typing: (on) => client.tell({ call: "typing", on }),
    end: () => client.tell({ call: "end" }),
    next: (interests) => client.tell({ call: "next", interests }),
    report: (reason, comment, evidence) => client.tell({ call: "report", reason, comment, evidence }),
    block: () => client.tell({ call: "block" }),
    close: () => client.tell({ call: "close" }),
  };
}
