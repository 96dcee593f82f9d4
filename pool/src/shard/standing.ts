import type { Address, ChatId, DeviceHash, RegionName, SessionId } from "@whisper/shared/base/ids";
import { isChatId, isDeviceHash, isRegionName, isSessionId, parseAddress } from "@whisper/shared/base/ids";
import { LATE_WORD_MS } from "@whisper/shared/limits";
import { interestsOf, languagesOf } from "@whisper/shared/protocol/fields";
import type { Standing } from "../ports.ts";
import type { Chatting, Over, Partner, Session, Wish } from "./session.ts";

// What a record keeps beside the place, in the shard's own words: `details` of a search and `half` of a chat.
// A half starts with chat (22), partner's session (22) and device (11), because the clerk's script looks at the first.

const halfOf = (chat: Chatting): string =>
  `${chat.chat}${chat.partner.session}${chat.partner.device}${[chat.partner.home, chat.partner.address, chat.partner.epoch].join(" ")}`;

const overWords = (over: Over | undefined): { over?: string } =>
  over === undefined ? {} : { over: `${over.chat}${over.device}` };

/** A session as its record keeps it. */
export function standingOf(now: Session): Standing {
  switch (now.place) {
    case "idle":
      return { place: "idle", ...overWords(now.over) };
    case "seeking":
    case "proposed":
    case "accepted": {
      const { interests, languages } = now.wish;
      const details = JSON.stringify([now.joinedMs, now.waitedMs, interests, languages]);
      return { place: now.place === "seeking" ? "seeking" : "proposed", details, ...overWords(now.over) };
    }
    case "chatting":
      return { place: "chatting", half: halfOf(now) };
  }
}

/** A search as a record kept it. */
export function parseDetails(
  details: string | undefined,
): { wish: Wish; joinedMs: number; waitedMs: number } | undefined {
  if (details === undefined) return undefined;
  let raw: unknown;
  try {
    raw = JSON.parse(details);
  } catch {
    return undefined; // not ours: the person is idle
  }
  if (!Array.isArray(raw)) return undefined;
  const [joinedMs, waitedMs] = raw as unknown[];
  const interests = interestsOf(raw[2]);
  const languages = languagesOf(raw[3]);
  if (typeof joinedMs !== "number" || typeof waitedMs !== "number" || !interests.ok || !languages.ok) return undefined;
  return { wish: { interests: interests.value, languages: languages.value }, joinedMs, waitedMs };
}

/** A half as a record kept it. */
export function parseHalf(half: string | undefined): { chat: ChatId; partner: Partner } | undefined {
  if (half === undefined) return undefined;
  const [chat, session, device] = [half.slice(0, 22), half.slice(22, 44), half.slice(44, 55)];
  const [home, address, epoch] = half.slice(55).split(" ");
  if (!isChatId(chat) || !isSessionId(session) || !isDeviceHash(device) || !isRegionName(home)) return undefined;
  if (address === undefined || parseAddress(address) === undefined || !Number.isSafeInteger(Number(epoch)))
    return undefined;
  const partner: Partner = {
    session: session as SessionId,
    home: home as RegionName,
    device: device as DeviceHash,
    address: address as Address,
    epoch: Number(epoch),
  };
  return { chat, partner };
}

/** The last chat as a record kept it; its ten minutes start anew, for the record does not say when it ended. */
export function parseOver(over: string | undefined, nowMs: number): Over | undefined {
  if (over === undefined) return undefined;
  const [chat, device] = [over.slice(0, 22), over.slice(22, 33)];
  return isChatId(chat) && isDeviceHash(device) ? { chat, device, untilMs: nowMs + LATE_WORD_MS } : undefined;
}
