import type { Address, ChatId, DeviceHash, RegionName, SessionId } from "@whisper/shared/base/ids";
import type { Memo, MemoOf } from "@whisper/shared/bus/memos";
import { expect, test } from "vitest";
import { ClerkCalls } from "./clerk-calls.ts";
import { Hub } from "./hub.ts";
import { type InboxWorld, receive } from "./inbox.ts";
import { Repeater } from "./repeater.ts";

const [OWN, SENDER, THERE] = ["eu-west.p1.0.a", "eu-west.p3.0.c", "eu-west.p2.0.b"] as Address[];
const CHAT = "C".repeat(22) as ChatId;
const [ME, PARTNER] = ["A".repeat(22) as SessionId, "B".repeat(22) as SessionId];

/** A shard with nobody on it; `went` is where somebody went who was here a moment ago. */
function shardWith(went: Address | undefined) {
  const posted: (readonly [Address, Memo])[] = [];
  const nothing = (): void => {};
  const world: InboxWorld = {
    own: OWN as Address,
    hub: new Hub(4, OWN as Address),
    repeater: new Repeater(() => 0),
    calls: new ClerkCalls({ address: OWN as Address, nowMs: () => 0, send: nothing }),
    apply: nothing,
    post: (to, memo) => void posted.push([to, memo]),
    wentTo: (session) => (session === ME ? went : undefined),
    superseded: nothing,
    listWanted: nothing,
    dropped: nothing,
  };
  return { world, posted };
}

const ofChat = { chat: CHAT, to: ME, epoch: 4, address: SENDER as Address };
const MEMOS: readonly Memo[] = [
  { kind: "text", ...ofChat, id: 1, text: "after you", received: undefined },
  { kind: "received", ...ofChat, id: 1 },
  { kind: "typing", ...ofChat, on: true },
  { kind: "left", memo: 7, ...ofChat },
  { kind: "away", memo: 7, ...ofChat, sinceMs: 1 },
  { kind: "back", memo: 7, ...ofChat },
];
const PAIRED: MemoOf<"paired"> = {
  ...({ kind: "paired", chat: CHAT, session: ME, epoch: 4, seekNo: 1, desk: "eu-west" as RegionName } as const),
  ...{
    partner: PARTNER as SessionId,
    partnerHome: "eu-west" as RegionName,
    partnerDevice: "dddddddddd0" as DeviceHash,
  },
  ...{ partnerAddress: SENDER as Address, partnerEpoch: 4, sharedInterests: [] },
};

test.each(MEMOS.map((memo) => [memo.kind, memo] as const))("[Q16] `%s` goes after who went", (_kind, memo) => {
  const { world, posted } = shardWith(THERE);
  receive(memo, world);
  expect(posted).toEqual([[THERE, memo]]);
});

test.each(MEMOS.map((memo) => [memo.kind, memo] as const))("[Q16] `%s` for anybody else is answered", (_kind, memo) => {
  const { world, posted } = shardWith(undefined);
  receive(memo, world);
  expect(posted).toMatchObject([[SENDER, { kind: "not_in_chat", chat: CHAT, to: ME, here: false, address: OWN }]]);
});

test("[Q16] `paired` goes after who went", () => {
  const went = shardWith(THERE);
  receive(PAIRED, went.world);
  expect(went.posted).toEqual([[THERE, PAIRED]]);
});

test("[P36] `paired` for somebody this life of a shard never had: the partner's shard hears that they are not here, not that they left", () => {
  const reborn = shardWith(undefined);
  receive(PAIRED, reborn.world);
  expect(reborn.posted).toEqual([
    [SENDER, { kind: "not_in_chat", memo: undefined, chat: CHAT, to: ME, here: false, address: OWN }],
  ]);
});
