import type { ClientState } from "@whisper/shared/client/state";
import type { Line } from "@whisper/shared/client/view";
import { markOf, marksIn } from "./numbered-text.ts";
import { type Ending, hear, type Run, type Side } from "./sides.ts";
import type { Loss } from "./verdict.ts";

type OpenSide = Omit<Side, "ending" | "endedMs" | "said" | "delivered" | "foreign" | "heard"> & {
  readonly heard: Run[];
  readonly mark: number;
  foreign: number;
};

/** What one seat writes down of everything that its client goes through: each step is shown to it, in order. */
export class SideNotes {
  readonly #seat: number;
  readonly #done: Side[] = [];
  readonly #losses: Loss[] = [];
  #open: OpenSide | undefined;
  #lastSeen: Line | undefined;
  #lostMs: number | undefined;
  heard = 0;

  constructor(seat: number) {
    this.#seat = seat;
  }

  get chats(): number {
    return this.#done.length + (this.#open === undefined ? 0 : 1);
  }

  /** Whether its socket is gone and no other is spoken on yet. */
  get isGone(): boolean {
    return this.#lostMs !== undefined;
  }

  /** One step of the client. */
  onStep(before: ClientState, after: ClientState, nowMs: number): void {
    if (before === after) return;
    this.#onLink(before, after, nowMs);
    if (before.talk?.chat !== after.talk?.chat) {
      if (before.talk !== undefined) this.#close(before, endingOf(after), nowMs, howOf(after));
      if (after.talk !== undefined) this.#begin(after, nowMs);
    }
    if (before.transcript !== after.transcript) this.#onLines(after.transcript);
  }

  /** All sides so far; the running chat as it stands in `state`. */
  sides(state: ClientState): readonly Side[] {
    return this.#open === undefined ? this.#done : [...this.#done, this.#sideOf(this.#open, state, "open", undefined)];
  }

  /** All losses so far; one that goes on has no end. */
  losses(): readonly Loss[] {
    if (this.#lostMs === undefined) return this.#losses;
    return [...this.#losses, { seat: this.#seat, lostMs: this.#lostMs, backMs: undefined }];
  }

  /** The person has gone for good: nothing is missing any more. */
  forgetLoss(): void {
    this.#lostMs = undefined;
  }

  #onLink({ link: before }: ClientState, { link: after, wanted }: ClientState, nowMs: number): void {
    if (before.speaks !== undefined && after.speaks === undefined && wanted) this.#lostMs ??= nowMs;
    if (after.speaks === undefined || this.#lostMs === undefined) return;
    this.#losses.push({ seat: this.#seat, lostMs: this.#lostMs, backMs: nowMs });
    this.#lostMs = undefined;
  }

  #begin({ talk, link, transcript }: ClientState, nowMs: number): void {
    if (talk === undefined) return;
    const { chat } = talk;
    const pool = link.newest?.pool ?? "";
    this.#open = { chat, seat: this.#seat, pool, beganMs: nowMs, heard: [], mark: markOf(chat), foreign: 0 };
    this.#lastSeen = transcript.findLast(({ from }) => from === "partner");
  }

  #close(last: ClientState, ending: Ending, nowMs: number, how: string): void {
    if (this.#open !== undefined) {
      const side = this.#sideOf(this.#open, last, ending, nowMs);
      this.#done.push(ending === "lost" ? { ...side, how } : side);
    }
    this.#open = undefined;
  }

  #sideOf(open: OpenSide, state: ClientState, ending: Ending, endedMs: number | undefined): Side {
    const { mark: _, ...side } = open;
    return { ...side, ending, endedMs, said: state.talk?.lastId ?? 0, delivered: state.talk?.delivered ?? 0 };
  }

  /**
   * Every line of the partner's behind the last one seen. Lines are replaced by nobody, so the same object is the
   * same line.
   */
  #onLines(lines: readonly Line[]): void {
    const news: Line[] = [];
    for (let at = lines.length - 1; at >= 0; at--) {
      const line = lines[at];
      if (line === undefined || line === this.#lastSeen) break;
      if (line.from === "partner") news.unshift(line);
    }
    this.#lastSeen = news.at(-1) ?? this.#lastSeen;
    for (const { text } of news) this.#onText(text);
  }

  #onText(text: string): void {
    const open = this.#open;
    if (open === undefined) return;
    this.heard++;
    const marks = marksIn(text);
    if (marks === undefined || marks.chat !== open.mark) open.foreign++;
    else hear(open.heard, marks.sender, marks.no);
  }
}

/** How a client stood after it had lost its chat, in words of the client's own. */
function howOf({ stopped, scene, link, identity }: ClientState): string {
  if (stopped !== undefined) return `stopped: ${stopped.why}${"code" in stopped ? ` ${stopped.code}` : ""}`;
  const note = scene.scene === "idle" ? (scene.note ?? "none") : "";
  const who = identity.session === undefined ? "as somebody new" : "with its session";
  return `${scene.scene} ${note}, ${who}, socket ${link.newest?.no ?? 0} ${link.newest?.phase ?? "gone"}, try ${link.tries}`;
}

function endingOf({ scene, talk, stopped }: ClientState): Ending {
  if (talk !== undefined || stopped !== undefined) return stopped?.why === "closed" ? "me" : "lost";
  if (scene.scene === "seeking") return "me"; // `next`
  const note = scene.scene === "idle" ? scene.note : undefined;
  return note === "ended" ? "me" : note === "partner_left" ? "partner_left" : "lost";
}
