import type { ChatId, DeviceHash, RegionName, SessionId } from "@whisper/shared/base/ids";
import { MEMO_AGAIN_EVERY_MS, MEMO_AGAIN_MS } from "@whisper/shared/limits";
import { encodeFrame } from "@whisper/shared/protocol/codec";
import { errorFrame } from "@whisper/shared/protocol/server-frames";
import type { Report, Reports } from "../ports.ts";
import { Deadlines, type Waiting } from "./deadlines.ts";
import type { Effect } from "./event.ts";
import type { Me } from "./session.ts";

/** How long a report is tried: well within the time in which the stream knows that it has one already. */
const GIVE_UP_MS = 60_000;
/** Reports of this shard that the stream has not taken yet; one may be 50 KB long. */
const OPEN_MAX = 256;

export type ReportingWorld = {
  readonly region: RegionName;
  readonly reports: Pick<Reports, "append">;
  readonly nowMs: () => number;
  /** Writes to a session's socket, wherever it is by then. */
  tell(session: SessionId, wire: string): void;
  /** The stream did not take one. */
  lost(): void;
};

type Open = Waiting & {
  readonly report: Report;
  readonly session: SessionId;
  tries: number;
};

/**
 * Puts reports on their region's stream and tells the reporters what became of them. While the stream does not take
 * one it is tried again at 0.2, 1 and 3 s, then every 5 s, for a minute. One device reports one chat once: the same
 * report id is kept once, however often it comes.
 */
export class Reporting {
  readonly #world: ReportingWorld;
  readonly #again: Deadlines<Open>;
  #open = 0;

  constructor(world: ReportingWorld) {
    this.#world = world;
    this.#again = new Deadlines<Open>(world.nowMs(), (one) => this.#try(one));
  }

  /** Takes a report; returns at once. Too many at a time are refused like one that could not be kept. */
  file(me: Me, said: Extract<Effect, { do: "report" }>): void {
    const { chat, device, reason, comment, evidence } = said;
    const report: Report = {
      reportId: reportIdOf(chat, me.device),
      chat,
      lane: me.lane,
      region: this.#world.region,
      reporterDevice: me.device,
      reportedDevice: device as DeviceHash,
      reason,
      comment,
      evidence,
      atMs: this.#world.nowMs(),
    };
    const one: Open = { report, session: me.session, tries: 0, wakeMs: Number.POSITIVE_INFINITY };
    if (this.#open >= OPEN_MAX) return this.#refuse(one);
    this.#open++;
    this.#try(one);
  }

  /** Tries again what is due. */
  turn(nowMs: number): void {
    this.#again.turn(nowMs);
  }

  #try(one: Open): void {
    const { reports, tell } = this.#world;
    reports.append(one.report).then(
      () => {
        this.#open--;
        tell(one.session, encodeFrame({ type: "report_received", chat_id: one.report.chat }));
      },
      () => this.#failed(one),
    );
  }

  #failed(one: Open): void {
    const nowMs = this.#world.nowMs();
    if (nowMs - one.report.atMs >= GIVE_UP_MS) {
      this.#open--;
      return this.#refuse(one);
    }
    // The moments count from the first try, and each try may itself have taken a while.
    const nextMs = one.report.atMs + (MEMO_AGAIN_MS[one.tries] ?? 0);
    one.tries++;
    this.#again.set(one, nextMs > nowMs ? nextMs : nowMs + MEMO_AGAIN_EVERY_MS);
  }

  #refuse({ session }: Open): void {
    this.#world.lost();
    this.#world.tell(session, encodeFrame(errorFrame("report_refused")));
  }
}

const reportIdOf = (chat: ChatId, reporter: DeviceHash): string => `${chat}.${reporter}`;
