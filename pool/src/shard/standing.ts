import type { Address, ChatId, DeviceHash, RegionName, SessionId } from "@whisper/shared/base/ids";
import { isChatId, isDeviceHash, isRegionName, isSessionId, parseAddress } from "@whisper/shared/base/ids";
import { LATE_WORD_MS } from "@whisper/shared/limits";
import { interestsOf, languagesOf } from "@whisper/shared/protocol/fields";
import type { Standing } from "../ports.ts";
import type { Chatting, Offer, Over, Partner, Proposed, Session, Wish } from "./session.ts";

// What a record keeps beside the place, in the shard's own words: `details` of a search and `half` of a chat.
// A half starts with chat (22), partner's session (22) and device (11), because the clerk's script looks at the first.

const whereWords = ({ home, address, epoch }: Partner): string => [home, address, epoch].join(" ");

const halfOf = ({ chat, partner }: Pick<Chatting, "chat" | "partner">): string =>
  `${chat}${partner.session}${partner.device}${whereWords(partner)}`;

const overWords = (over: Over | undefined): { over?: string } =>
  over === undefined ? {} : { over: `${over.chat}${over.device}` };

const searchWords = ({ joinedMs, waitedMs, wish }: Pick<Proposed, "joinedMs" | "waitedMs" | "wish">): unknown[] => [
  joinedMs,
  waitedMs,
  wish.interests,
  wish.languages,
];

/** What they share is some of their own interests: the places of these are enough, and a record stays short. */
const offerWords = ({ offer, wish, seekNo, untilMs }: Proposed): unknown[] => {
  const { chat, desk, shared, partner } = offer;
  const places = shared.map((one) => wish.interests.indexOf(one)).filter((place) => place >= 0);
  return [seekNo, untilMs, desk, places, halfOf({ chat, partner })];
};

/** A session as its record keeps it. */
export function standingOf(now: Session): Standing {
  switch (now.place) {
    case "idle":
      return { place: "idle", ...overWords(now.over) };
    case "seeking":
      return { place: "seeking", details: JSON.stringify(searchWords(now)), ...overWords(now.over) };
    case "proposed":
    case "accepted": {
      const details = JSON.stringify([...searchWords(now), offerWords(now)]);
      return { place: "proposed", details, ...overWords(now.over) };
    }
    case "chatting":
      return { place: "chatting", half: halfOf(now) };
  }
}

/** The other side of a chat, as the partner's record keeps it: `me` is their partner. */
export const partnersStanding = (me: Partner, { chat }: Pick<Chatting, "chat">): Standing => ({
  place: "chatting",
  half: halfOf({ chat, partner: me }),
});

/** An unfinished proposal as a record kept it. */
type KeptOffer = Pick<Proposed, "offer" | "seekNo" | "untilMs">;
type KeptSearch = Pick<Proposed, "wish" | "joinedMs" | "waitedMs"> & { readonly proposal?: KeptOffer };

/** A search as a record kept it, with the proposal that it had come to. */
export function parseDetails(details: string | undefined): KeptSearch | undefined {
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
  const wish: Wish = { interests: interests.value, languages: languages.value };
  const proposal = parseOffer(raw[4], wish);
  return { wish, joinedMs, waitedMs, ...(proposal === undefined ? {} : { proposal }) };
}

function parseOffer(words: unknown, wish: Wish): KeptOffer | undefined {
  if (!Array.isArray(words)) return undefined;
  const [seekNo, untilMs, desk, places, half] = words as unknown[];
  if (!Number.isSafeInteger(seekNo) || typeof untilMs !== "number" || !isRegionName(desk)) return undefined;
  const both = typeof half === "string" ? parseHalf(half) : undefined;
  if (both === undefined || !Array.isArray(places)) return undefined;
  const shared = (places as unknown[]).flatMap((place) => wish.interests[Number(place)] ?? []);
  const offer: Offer = { ...both, desk: desk as RegionName, shared };
  return { offer, seekNo: Number(seekNo), untilMs };
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
