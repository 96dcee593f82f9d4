import type { View } from "@whisper/shared/client/view";
import { expect, test } from "vitest";
import { endOf, showingOf } from "../showing.ts";
import { momentsAt } from "./driver/moments.ts";

const moments = momentsAt(1_000_000);
const moment = (name: string): View => {
  const view = moments[name];
  if (view === undefined) throw new Error(`no moment ${name}`);
  return view;
};

test.each([
  ["landing", "landing"],
  ["landing-timed-out", "landing"],
  ["searching", "searching"],
  ["proposal-accepted", "proposal"],
  ["chat-empty", "chat"],
  ["chat-trouble", "chat"],
  ["ended", "ended"],
  ["banned", "banned"],
  ["superseded", "superseded"],
  ["refused", "refused"],
  ["challenge", "challenge"],
])("[V2] the view of %s shows %s", (name, showing) => {
  expect(showingOf(moment(name), false)).toBe(showing);
});

test("[V2] a search without a way to a server says that it is coming in; one that lost its way goes on", () => {
  expect(showingOf({ ...moment("searching"), connection: "connecting" }, false)).toBe("entering");
  expect(showingOf({ ...moment("searching"), connection: "offline" }, false)).toBe("entering");
  expect(showingOf({ ...moment("searching"), connection: "reconnecting" }, false)).toBe("searching");
});

test("[V2] a conversation that is restored after a reload is shown before there is a connection", () => {
  expect(showingOf({ ...moment("chat"), connection: "offline" }, false)).toBe("chat");
});

test("[V2] who has turned away from an ended conversation is at the start, and a new one is shown all the same", () => {
  expect(showingOf(moment("ended"), true)).toBe("landing");
  expect(showingOf(moment("chat"), true)).toBe("chat");
});

test("[V2] a proposal that got lost is no conversation that ended", () => {
  const lost: View = { ...moment("landing"), now: { scene: "idle", note: "lost" } };
  expect(endOf(lost)).toBeUndefined();
  expect(showingOf(lost, false)).toBe("landing");
});

test("[V2] being stopped comes before whatever else there is, and closing by oneself is the start", () => {
  const { stopped } = moment("banned");
  expect(showingOf({ ...moment("chat"), stopped }, false)).toBe("banned");
  expect(showingOf({ ...moment("challenge"), stopped }, false)).toBe("banned");
  expect(showingOf({ ...moment("landing"), stopped: { why: "closed" } }, false)).toBe("landing");
  expect(showingOf({ ...moment("landing"), stopped: { why: "broken_client" } }, false)).toBe("refused");
});
