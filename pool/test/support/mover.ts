import { browserWorld, memoryKeep } from "@whisper/shared/client/browser-world";
import { type RunningClient, runClient } from "@whisper/shared/client/run-client";
import type { Call, ClientState } from "@whisper/shared/client/state";
import { webHands } from "@whisper/shared/client/web-hands";

/** A person on the product's own client, who counts what a drain may cost them. */
export class Mover {
  /** How often the edge was asked to let them in. */
  asked = 0;
  /** How often they were left without a socket to speak on. */
  losses = 0;
  /** Texts that were shown, in their order. */
  readonly heard: string[] = [];
  #isOver = false;
  readonly #client: RunningClient;

  constructor(edgeUrl: string, region: string) {
    const hands = webHands({
      ...browserWorld(edgeUrl),
      fetch: (url, init) => {
        this.asked++;
        return fetch(`${String(url)}?region=${region}`, init);
      },
      tab: memoryKeep(),
      device: memoryKeep(),
    });
    this.#client = runClient(hands, (before, after) => this.#note(before, after));
    this.tell({ call: "connect" });
  }

  get state(): ClientState {
    return this.#client.state();
  }

  /** The pool that their socket is on, as `region/pool`. */
  get pool(): string | undefined {
    const { newest, speaks } = this.state.link;
    return newest?.no === speaks ? newest?.pool : undefined;
  }

  tell(call: Call): void {
    this.#client.tell(call);
  }

  say(text: string): void {
    this.tell({ call: "say", text });
  }

  /** Seeks, and says yes to whoever is found. */
  meet(interest: string): void {
    const { scene } = this.state;
    if (scene.scene === "idle") this.tell({ call: "seek", interests: [interest], languages: undefined });
    if (scene.scene === "proposed" && !scene.accepted) this.tell({ call: "accept" });
  }

  close(): void {
    this.#isOver = true;
    this.tell({ call: "close" });
  }

  #note(before: ClientState, after: ClientState): void {
    if (!this.#isOver && before.link.speaks !== undefined && after.link.speaks === undefined) this.losses++;
    if (after.transcript === before.transcript) return;
    this.heard.splice(
      0,
      this.heard.length,
      ...after.transcript.flatMap(({ from, text }) => (from === "partner" ? text : [])),
    );
  }
}
