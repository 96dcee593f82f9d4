import { browserWorld, memoryKeep } from "@whisper/shared/client/browser-world";
import { type RunningClient, runClient } from "@whisper/shared/client/run-client";
import type { ClientState } from "@whisper/shared/client/state";
import { webHands } from "@whisper/shared/client/web-hands";
import { markOf, numberedText } from "./numbered-text.ts";
import { sendOnce } from "./send-once.ts";
import { SideNotes } from "./side-notes.ts";
import { LATE_TEXT_MS, type Orders, type SeatPlan } from "./words.ts";

/** Texts in the outbox above which a person waits, as a person would. */
const WAITING_MAX = 60;
/** A search that came to nothing, or a stop: so long before the next try. */
const PAUSE_MS = 1_000;
const LINGER_MS = 5_000;

type Leaving = { readonly client: RunningClient; readonly atMs: number };

/**
 * One person of a chaos run: comes in, seeks the same partner again and again, says numbered texts, and now and then
 * ends a chat to come back as somebody new. A real client of the library on real sockets.
 */
export class Seat {
  readonly notes: SideNotes;
  readonly #plan: SeatPlan;
  readonly #orders: Orders;
  readonly #chance: () => number;
  #client: RunningClient;
  #chat: string | undefined;
  #saidAtMs: number[] = [];
  #nextMs: number;
  #endMs = Number.POSITIVE_INFINITY;
  #isHushed = false;
  #leaving: readonly Leaving[] = [];
  #turnAway: () => void = () => {};
  said = 0;

  constructor(plan: SeatPlan, orders: Orders, chance: () => number, beginMs: number) {
    this.notes = new SideNotes(plan.seat);
    this.#plan = plan;
    this.#orders = orders;
    this.#chance = chance;
    this.#nextMs = beginMs;
    this.#client = this.#open();
  }

  get state(): ClientState {
    return this.#client.state();
  }

  /** Whether a text has waited too long for its confirmation. */
  isLate(nowMs: number): boolean {
    const { talk } = this.state;
    if (talk === undefined || talk.outbox.length === 0 || talk.chat !== this.#chat) return false;
    return nowMs - (this.#saidAtMs[talk.delivered] ?? nowMs) > LATE_TEXT_MS;
  }

  /** How its client stands, in numbers. */
  describe(): string {
    const { talk, flow, link, scene, identity } = this.state;
    const { newest, speaks, tries } = link;
    const away = scene.scene === "chatting" && scene.partnerAwayUntilMs !== undefined ? ", partner away" : "";
    const texts =
      talk === undefined
        ? ""
        : `chat ${talk.chat.slice(0, 6)}… of ${(identity.sessionId ?? "").slice(0, 4)}… said ${talk.lastId}, sent ${flow.sent}, delivered ${talk.delivered}, heard ${talk.last}`;
    const socket = `socket ${newest?.no ?? 0} on ${newest?.pool ?? "none"} ${newest?.phase ?? "gone"}`;
    return `seat ${this.#plan.seat} ${scene.scene}${away}: ${texts}; ${socket}, speaks on ${speaks ?? "none"}, try ${tries}`;
  }

  hush(): void {
    this.#isHushed = true;
  }

  /** Goes without a word about it in the notes. */
  leave(): void {
    this.#turnAway();
    for (const client of [this.#client, ...this.#leaving.map((one) => one.client)]) client.tell({ call: "close" });
  }

  /** Does what is due at `nowMs`. */
  turn(nowMs: number): void {
    if (nowMs < this.#nextMs) return;
    this.#closeLeaving(nowMs);
    const { scene, stopped } = this.state;
    this.#nextMs = nowMs + PAUSE_MS;
    if (scene.scene === "chatting") return this.#talk(scene.chat, nowMs);
    if (this.#isHushed) return;
    if (stopped !== undefined) this.#client.tell({ call: "connect" });
    if (scene.scene === "proposed") {
      this.#client.tell({ call: "accept" });
      this.#nextMs = nowMs + PAUSE_MS / 4;
    } else if (scene.scene === "idle") {
      this.#client.tell({ call: "seek", interests: [this.#plan.interest], languages: undefined });
    } else this.#nextMs = nowMs + PAUSE_MS / 4;
  }

  #talk(chat: string, nowMs: number): void {
    const { textEveryMs, endEveryMs } = this.#orders;
    if (chat !== this.#chat) {
      this.#chat = chat;
      this.#saidAtMs = [];
      this.#endMs = this.#plan.ends ? nowMs + endEveryMs * (0.5 + this.#chance()) : Number.POSITIVE_INFINITY;
    }
    this.#nextMs = nowMs + textEveryMs * (0.5 + this.#chance());
    const { talk, link } = this.state;
    if (talk === undefined || this.#isHushed) return;
    if (nowMs >= this.#endMs) {
      if (talk.outbox.length === 0 && link.speaks !== undefined) this.#end(nowMs);
      return;
    }
    if (talk.outbox.length >= WAITING_MAX) return;
    const no = talk.lastId + 1;
    this.#saidAtMs[no - 1] = nowMs;
    this.#client.tell({ call: "say", text: numberedText({ chat: markOf(chat), sender: this.#plan.seat, no }) });
    this.said++;
  }

  /**
   * Two people who have met do not meet again for an hour, so one of them comes back as somebody new. Who left stays a
   * while with nobody looking: an end that was lost with its socket is told again on the next one.
   */
  #end(nowMs: number): void {
    const leaving = this.#client;
    leaving.tell({ call: "end" });
    this.#turnAway();
    this.notes.forgetLoss();
    this.#leaving = [...this.#leaving, { client: leaving, atMs: nowMs + LINGER_MS }];
    this.#client = this.#open();
    this.#nextMs = nowMs + PAUSE_MS;
  }

  #closeLeaving(nowMs: number): void {
    const isDue = ({ client, atMs }: Leaving): boolean => nowMs >= atMs && client.state().link.speaks !== undefined;
    const due = this.#leaving.filter(isDue);
    if (due.length === 0) return;
    for (const { client } of due) client.tell({ call: "close" });
    this.#leaving = this.#leaving.filter((one) => !due.includes(one));
  }

  #open(): RunningClient {
    const { edgeUrl, sendsOnce } = this.#orders;
    const { region } = this.#plan;
    const hands = webHands({
      ...browserWorld(edgeUrl),
      fetch: (url, init) => fetch(`${String(url)}?region=${region}`, init),
      tab: memoryKeep(),
      device: memoryKeep(),
    });
    let isLookedAt = true;
    this.#turnAway = () => {
      isLookedAt = false;
    };
    return runClient(sendsOnce ? sendOnce(hands) : hands, (before, after, nowMs) => {
      if (isLookedAt) this.notes.onStep(before, after, nowMs);
    });
  }
}
