import type { SessionId } from "@whisper/shared/base/ids";
import { afterEach, expect, test } from "vitest";
import type { Mail } from "../src/runtime/mail.ts";
import { pair } from "./support/meet.ts";
import { newDevice, startRegion, type TestRegion } from "./support/region.ts";

// What a shard remembers of somebody whose socket went, and when it is worth nothing.

let region: TestRegion;
afterEach(() => region.stop());

/** A bus on which nobody is ever told that a session is elsewhere. */
const keepsQuiet = (mail: Mail): Mail => ({
  ...mail,
  send: (subject, memo) => {
    if (memo.kind !== "superseded") mail.send(subject, memo);
  },
  sendTo: (address, memo) => {
    if (memo.kind !== "superseded") mail.sendTo(address, memo);
  },
});

test("[S80] who was elsewhere meanwhile comes back as who they are now, not as this shard remembers them", async () => {
  region = await startRegion({ shards: 2, mail: keepsQuiet });
  const device = newDevice();
  const first = await region.enter({ device });
  const session = (await first.next("session_created")).session_id as SessionId;
  const friend = await region.enter();
  await friend.next("session_created");
  const oldChat = await pair(first, friend);
  first.vanish();

  const second = await region.enter({ session, device, shard: 1 });
  expect(await second.next("resumed")).toMatchObject({ place: "chatting", chat_id: oldChat });
  second.say({ type: "end_chat", chat_id: oldChat });
  await friend.next("partner_left");
  const other = await region.enter({ shard: 1 });
  await other.next("session_created");
  const newChat = await pair(second, other);
  second.vanish();

  const third = await region.enter({ session, device });
  expect(await third.next("resumed")).toMatchObject({ place: "chatting", chat_id: newChat });
  third.say({ type: "message", chat_id: newChat, id: 1, text: "still here" });
  expect(await other.next("message")).toMatchObject({ text: "still here" });
});

test("[S80] who comes back to the very shard that they left goes on as it remembers", async () => {
  region = await startRegion({ shards: 2, mail: keepsQuiet });
  const device = newDevice();
  const first = await region.enter({ device });
  const session = (await first.next("session_created")).session_id as SessionId;
  const friend = await region.enter({ shard: 1 });
  await friend.next("session_created");
  const chat_id = await pair(first, friend);
  first.say({ type: "message", chat_id, id: 1, text: "one" });
  await friend.next("message");
  first.vanish();
  const again = await region.enter({ session, device });
  // Only the shard's own memory knows this number; no record does.
  expect(await again.next("resumed")).toMatchObject({ place: "chatting", chat_id, received: 1 });
});
