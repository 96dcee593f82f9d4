import type { Address, SessionId } from "@whisper/shared/base/ids";
import type { Memo, MemoOf } from "@whisper/shared/bus/memos";
import type { ClerkCalls } from "./clerk-calls.ts";
import type { ChatMemo, DeskMemo, Event } from "./event.ts";
import type { Hub, Person } from "./hub.ts";
import type { Repeater } from "./repeater.ts";

export type InboxWorld = {
  /** This shard. */
  readonly own: Address;
  readonly hub: Hub;
  readonly repeater: Repeater;
  readonly calls: ClerkCalls;
  apply(person: Person, event: Event): void;
  /** To another shard, once: an answer to the sender of a memo whose person is not here, or that memo, sent on. */
  post(to: Address, memo: Memo): void;
  /** Where somebody is now who was here a moment ago. */
  wentTo(session: SessionId): Address | undefined;
  /** A newer socket of a session that was here is elsewhere. */
  superseded(memo: MemoOf<"superseded">): void;
  /** The desk lacks seekers of ours. */
  listWanted(): void;
  dropped(): void;
};

/**
 * The second door in: every memo for this shard, from its bus subscription or straight from a neighbour on the same
 * shard.
 */
export function receive(memo: Memo, world: InboxWorld): void {
  switch (memo.kind) {
    case "text":
    case "received":
    case "typing":
    case "left":
    case "away":
    case "back":
      onChatMemo(memo, world);
      break;
    case "took":
      onTook(memo, world);
      break;
    case "not_in_chat":
      onNotInChat(memo, world);
      break;
    case "superseded":
      world.superseded(memo);
      break;
    case "yielded":
      onYielded(memo, world);
      break;
    case "desk_took":
      world.repeater.done(memo.memo);
      break;
    case "offer":
    case "found":
    case "paired":
    case "cancelled":
    case "declined":
    case "expired":
    case "seek_refused":
    case "regained":
      onDeskMemo(memo, world);
      break;
    case "list_wanted":
      world.listWanted();
      break;
    case "admitted":
    case "written":
    case "half_ended":
    case "whereabouts":
    case "touched":
    case "forgotten":
    case "handed_over":
      if (!world.calls.answered(memo)) world.dropped();
      break;
    default:
      world.dropped(); // a request to a desk or a clerk: not for a shard, whoever sent it here
  }
}

function onChatMemo(memo: Exclude<ChatMemo, { kind: "took" }>, world: InboxWorld): void {
  const { own, hub, apply, post, wentTo } = world;
  const person = hub.personOf(memo.to);
  if (person !== undefined) {
    apply(person, { event: "chat_memo", memo });
    return;
  }
  const there = wentTo(memo.to);
  if (there !== undefined) return post(there, memo);
  const numbered = memo.kind === "left" || memo.kind === "away" || memo.kind === "back" ? memo.memo : undefined;
  // Idle with a socket here: that chat is over for them. Not here at all: their home knows.
  const here = hub.slots.find(memo.to) >= 0;
  post(memo.address, { kind: "not_in_chat", memo: numbered, chat: memo.chat, to: memo.to, here, address: own });
}

function onTook(memo: MemoOf<"took">, { hub, repeater, apply }: InboxWorld): void {
  const session = repeater.done(memo.memo)?.session;
  const person = session === undefined ? undefined : hub.personOf(session);
  if (person !== undefined) apply(person, { event: "chat_memo", memo });
}

function onYielded(memo: MemoOf<"yielded">, { hub, repeater, apply }: InboxWorld): void {
  repeater.done(memo.memo);
  const person = hub.personOf(memo.session);
  if (person !== undefined) apply(person, { event: "yielded", memo });
}

function onNotInChat(memo: MemoOf<"not_in_chat">, { hub, repeater, apply }: InboxWorld): void {
  if (memo.memo !== undefined) repeater.done(memo.memo);
  const person = hub.partnerOf(memo.to, memo.chat);
  if (person !== undefined)
    apply(person, { event: "not_in_chat", chat: memo.chat, here: memo.here, address: memo.address });
}

function onDeskMemo(memo: DeskMemo, { own, hub, apply, post, wentTo }: InboxWorld): void {
  const { session } = memo;
  const person = hub.personOf(session);
  if (person !== undefined) return apply(person, { event: "desk_memo", memo });
  if (memo.kind !== "paired") return; // it runs out at the desk by itself
  const there = wentTo(session);
  if (there !== undefined) return post(there, memo);
  // The shard that they had been with may have died, and this be the next life of it: they are not gone for that. The
  // partner's shard hears no more than that they are not here, and asks their home.
  const { chat, partnerAddress } = memo;
  const here = hub.slots.find(session) >= 0;
  post(partnerAddress, { kind: "not_in_chat", memo: undefined, chat, to: session, here, address: own });
}
