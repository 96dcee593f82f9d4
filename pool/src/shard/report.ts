import type { Clock } from "@whisper/shared/base/clock";
import type { ChatId, DeviceHash, RegionName, SessionId } from "@whisper/shared/base/ids";
import { encodeFrame } from "@whisper/shared/protocol/codec";
import { errorFrame } from "@whisper/shared/protocol/server-frames";
import type { Reports } from "../ports.ts";
import type { Effect } from "./event.ts";
import type { Me } from "./session.ts";

/**
 * Puts a report on its region's stream; resolves when the stream has it. One device reports one chat once: the same
 * report id is kept once, however often it comes.
 */
async function fileReport(
  me: Me,
  said: Extract<Effect, { do: "report" }>,
  world: { readonly region: RegionName; readonly reports: Reports; readonly clock: Clock },
): Promise<void> {
  const { chat, device, reason, comment, evidence } = said;
  await world.reports.append({
    reportId: reportIdOf(chat, me.device),
    chat,
    lane: me.lane,
    region: world.region,
    reporterDevice: me.device,
    reportedDevice: device as DeviceHash,
    reason,
    comment,
    evidence,
    atMs: world.clock.nowMs(),
  });
}

const reportIdOf = (chat: ChatId, reporter: DeviceHash): string => `${chat}.${reporter}`;

/** Files a report and tells the reporter, wherever their socket is by then, what became of it. */
export function answerReport(
  me: Me,
  said: Parameters<typeof fileReport>[1],
  world: Parameters<typeof fileReport>[2] & { tell(session: SessionId, wire: string): void; lost(): void },
): void {
  fileReport(me, said, world).then(
    () => world.tell(me.session, encodeFrame({ type: "report_received", chat_id: said.chat })),
    () => {
      world.lost();
      world.tell(me.session, encodeFrame(errorFrame("report_refused")));
    },
  );
}
