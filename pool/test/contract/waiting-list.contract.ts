import type { MemoOf } from "@whisper/shared/bus/memos";
import { afterEach, describe, expect, test } from "vitest";
import type { DeskSettings } from "../../src/matcher/desk-settings.ts";
import { Bench, chatOf, kindsOf, type OpenDesk, Person } from "../support/desk-people.ts";
import { avoidContract } from "./waiting-list-avoid.contract.ts";
import { listsContract } from "./waiting-list-lists.contract.ts";
import { proposalsContract } from "./waiting-list-proposals.contract.ts";
import { regainContract } from "./waiting-list-regain.contract.ts";

/** What every waiting list promises, whatever keeps it. */
export function waitingListContract(name: string, open: OpenDesk): void {
  const benches: Bench[] = [];
  const bench = async (settings: Partial<DeskSettings> = {}): Promise<Bench> => {
    const made = new Bench(await open(settings));
    benches.push(made);
    return made;
  };
  afterEach(async () => {
    for (const made of benches.splice(0)) await made.list.close();
  });
  describe(name, () => {
    seeking(bench);
    tiers(bench);
    avoidContract(bench);
    proposalsContract(bench);
    regainContract(bench);
    listsContract(bench);
  });
}

export type OpenBench = (settings?: Partial<DeskSettings>) => Promise<Bench>;
const together = ["a:offer", "b:offer"];
const sorted = (letters: Parameters<typeof kindsOf>[0]): readonly string[] => [...kindsOf(letters)].sort();

function seeking(open: OpenBench): void {
  test("[W1] the same seek again is a repeat: nobody is told, nobody waits twice, no meter is charged", async () => {
    const b = await open({ seeksPerWindow: 1 });
    const a = new Person("a");
    for (let i = 0; i < 3; i += 1) expect(await b.seek(a)).toEqual([]);
    expect(await b.list.size("live")).toBe(1);
  });

  test("[W1] a seek repeated after its proposal was made does not seek again", async () => {
    const b = await open();
    const [a, other] = [new Person("a"), new Person("b")];
    await b.seek(a);
    await b.seek(other);
    expect(await b.seek(a)).toEqual([]);
    expect(await b.seek(other)).toEqual([]);
    expect(await b.list.size("live")).toBe(0);
  });

  test("[W2] of two seeks of one session the higher counts, epoch before number, in whichever order they come", async () => {
    const b = await open();
    const a = new Person("a");
    await b.seek(a, { epoch: 8_000, seekNo: 1, interests: ["new"] });
    expect(await b.seek(a, { epoch: 4_000, seekNo: 9, interests: ["old"] })).toEqual([]);
    expect(await b.list.size("live")).toBe(1);
    expect(await b.seek(new Person("x", { interests: ["old"] }))).toEqual([]);
    expect(sorted(await b.seek(new Person("b", { interests: ["new"] })))).toEqual(together);
  });

  test("[W2] find_match while queued leaves no old interests behind (defect 9)", async () => {
    const b = await open();
    const a = new Person("a");
    await b.seek(a, { seekNo: 1, interests: ["cats", "dogs"] });
    await b.seek(a, { seekNo: 2, interests: ["birds"] });
    expect(await b.list.size("live")).toBe(1);
    expect(await b.seek(new Person("x", { interests: ["cats", "dogs"], waitedMs: 10_000 }))).toEqual([]);
  });

  test("[W3] a cancel leaves a tombstone: the seek it overtook stays dead, a newer one lives", async () => {
    const b = await open();
    const a = new Person("a");
    await b.list.cancel(a.cancel(), b.nowMs);
    expect(await b.seek(a)).toEqual([]);
    expect(await b.list.size("live")).toBe(0);
    await b.seek(a, { seekNo: 2 });
    expect(await b.list.size("live")).toBe(1);
  });

  test("[W3] a cancel that comes late does not touch a newer seek", async () => {
    const b = await open();
    const a = new Person("a");
    await b.seek(a, { seekNo: 2 });
    await b.list.cancel(a.cancel(), b.nowMs);
    expect(await b.list.size("live")).toBe(1);
    await b.list.cancel({ ...a.cancel(), seekNo: 2 }, b.nowMs);
    expect(await b.list.size("live")).toBe(0);
    expect(await b.seek(new Person("b"))).toEqual([]);
  });

  test("[W4] ten seeks in a minute per device, then seek_refused; a repeat is refused again without charge", async () => {
    const b = await open();
    const a = new Person("a");
    for (let seekNo = 1; seekNo <= 10; seekNo += 1) {
      expect(await b.seek(a, { seekNo, joinedMs: b.nowMs + seekNo })).toEqual([]);
    }
    const refused = await b.seek(a, { seekNo: 11, joinedMs: b.nowMs + 11 });
    expect(refused.map(({ memo }) => memo)).toEqual([
      { kind: "seek_refused", session: a.session, epoch: a.epoch, seekNo: 11, retryAfterMs: 6_000 },
    ]);
    expect(await b.list.size("live")).toBe(0);
    b.nowMs += 1_000;
    const again = await b.seek(a, { seekNo: 11, joinedMs: b.nowMs + 11 });
    expect(again[0]?.memo).toMatchObject({ kind: "seek_refused", retryAfterMs: 5_000 });
    b.nowMs += 5_000;
    expect(await b.seek(a, { seekNo: 12, joinedMs: b.nowMs })).toEqual([]);
    expect(await b.list.size("live")).toBe(1);
  });

  test("[W4] a meter may be set so high that nobody meets it", async () => {
    const b = await open({ seeksPerWindow: 1_000_000 });
    const a = new Person("a");
    for (let seekNo = 1; seekNo <= 50; seekNo += 1) expect(await b.seek(a, { seekNo, joinedMs: seekNo })).toEqual([]);
    expect(await b.list.size("live")).toBe(1);
  });

  test("[W4] neither a list nor a search that goes on after a proposal is metered", async () => {
    const b = await open({ seeksPerWindow: 1 });
    const [a, other] = [new Person("a"), new Person("b")];
    const joinedMs = b.nowMs;
    const chat = chatOf([...(await b.seek(a, { joinedMs })), ...(await b.seek(other))]);
    await b.list.decline(other.decline(chat), b.nowMs);
    expect(await b.seek(a, { seekNo: 2, joinedMs, waitedMs: 0 })).toEqual([]);
    expect(await b.list.size("live")).toBe(1);
    expect(kindsOf(await b.seek(other, { seekNo: 2, joinedMs: b.nowMs + 1 }))).toEqual(["b:seek_refused"]);
    await b.seek(new Person("c", { device: "b", interests: ["x"] }), { listNo: 1 });
    expect(await b.list.size("live")).toBe(2);
  });
}

function tiers(open: OpenBench): void {
  test("[W5] the same interests meet at once, in any order and letter of the list; none meets none", async () => {
    const b = await open();
    await b.seek(new Person("a", { interests: ["cats", "go"] }));
    expect(sorted(await b.seek(new Person("b", { interests: ["go", "cats", "go"] })))).toEqual(together);
    await b.seek(new Person("c"));
    expect(sorted(await b.seek(new Person("d")))).toEqual(["c:offer", "d:offer"]);
  });

  test("[W5] an offer says who the other is, to the shard alone", async () => {
    const b = await open();
    const [a, other] = [
      new Person("a", { interests: ["x", "y"] }),
      new Person("b", { interests: ["x", "y"], shard: "p2" }),
    ];
    await b.seek(a);
    const letters = await b.seek(other);
    expect(letters).toHaveLength(2);
    const expected: MemoOf<"offer"> = {
      kind: "offer",
      chat: chatOf(letters),
      session: a.session,
      epoch: a.epoch,
      seekNo: 1,
      desk: "eu-west" as MemoOf<"offer">["desk"],
      sharedInterests: ["x", "y"],
      partner: other.session,
      partnerHome: "eu-west" as MemoOf<"offer">["partnerHome"],
      partnerDevice: other.device,
      partnerAddress: other.address,
      partnerEpoch: other.epoch,
    };
    expect(letters.find(({ to }) => to === a.address)?.memo).toEqual(expected);
  });

  test("[W6] who shares an interest meets after 10 s, not before: most shared first", async () => {
    const b = await open();
    await b.seek(new Person("one", { interests: ["a", "x", "y"], joinedMs: b.nowMs - 1 }));
    await b.seek(new Person("two", { interests: ["a", "b", "z"] }));
    await b.seek(new Person("me", { interests: ["a", "b", "c"] }), { waitedMs: 1 });
    expect(await b.pass(9_998)).toEqual([]);
    const letters = await b.pass(1);
    expect(sorted(letters)).toEqual(["me:offer", "two:offer"]);
    expect(letters[0]?.memo).toMatchObject({ sharedInterests: ["a", "b"] });
  });

  test("[W6] of those who share as many, the longest in the queue: a kept place counts", async () => {
    const b = await open();
    await b.seek(new Person("late", { interests: ["a", "x"] }));
    b.nowMs += 5;
    await b.seek(new Person("early", { interests: ["a", "y"] }), { joinedMs: b.nowMs - 20_000 });
    const letters = await b.seek(new Person("me", { interests: ["a"] }), { waitedMs: 10_000 });
    expect(sorted(letters)).toEqual(["early:offer", "me:offer"]);
  });

  test("[W7] anyone after 25 s", async () => {
    const b = await open();
    await b.seek(new Person("a", { interests: ["cats"] }));
    b.nowMs += 1;
    await b.seek(new Person("b", { interests: ["dogs"] }));
    expect(await b.pass(24_998)).toEqual([]);
    const letters = await b.pass(1);
    expect(sorted(letters)).toEqual(together);
    expect(letters[0]?.memo).toMatchObject({ sharedInterests: [] });
  });

  test("[W8] who arrives meets at once who waits with a wider tier open", async () => {
    const b = await open();
    await b.seek(new Person("a", { interests: ["cats", "go"] }));
    await b.pass(11_000);
    expect(await b.seek(new Person("x", { interests: ["dogs"] }))).toEqual([]);
    expect(sorted(await b.seek(new Person("b", { interests: ["go", "art"] })))).toEqual(together);
  });

  test("[W8] who arrives meets at once who has waited 25 s, whatever the interests and the language", async () => {
    const b = await open();
    await b.seek(new Person("a", { interests: ["cats"], languages: ["fr"] }));
    await b.pass(26_000);
    expect(sorted(await b.seek(new Person("b", { interests: ["tea"], languages: ["de"] })))).toEqual(together);
  });

  test("[W9] a shared language is needed until 25 s when both named one", async () => {
    const b = await open();
    await b.seek(new Person("a", { languages: ["fr"] }));
    expect(await b.seek(new Person("b", { languages: ["de", "en"] }))).toEqual([]);
    expect(sorted(await b.seek(new Person("c", { languages: ["en"] })))).toEqual(["b:offer", "c:offer"]);
    expect(sorted(await b.seek(new Person("d")))).toEqual(["a:offer", "d:offer"]);
    await b.seek(new Person("e", { languages: ["fr"] }));
    expect(sorted(await b.seek(new Person("f", { languages: ["pt"] }), { waitedMs: 25_000 }))).toEqual([
      "e:offer",
      "f:offer",
    ]);
  });

  test("[W10] a comma, a colon or a brace in a tag is a letter; a doubled tag counts once (defect 15)", async () => {
    const b = await open();
    await b.seek(new Person("x", { interests: ["a,b"] }));
    expect(await b.seek(new Person("y", { interests: ["a", "b"] }))).toEqual([]);
    await b.seek(new Person("one", { interests: ["q", "q", "q", "1"], joinedMs: b.nowMs }));
    await b.seek(new Person("two", { interests: ["q", "p", "2"], joinedMs: b.nowMs + 1 }));
    const letters = await b.seek(new Person("me", { interests: ["q", "p"] }), { waitedMs: 10_000 });
    expect(sorted(letters)).toEqual(["me:offer", "two:offer"]);
  });

  test.each([
    [["live:", "{match}", "due"]],
    [["w:live:", "*", "\u0000"]],
    [["\ud800", "é😀", '"']],
    [["]]", "%s", "\\"]],
    [["", " "]],
    [["constructor", "__proto__"]],
  ])("[W10] hostile interests %j are only ever compared", async (interests) => {
    const b = await open();
    await b.seek(new Person("plain"));
    await b.seek(new Person("a", { interests }));
    expect(await b.list.size("live")).toBe(2);
    const letters = await b.seek(new Person("b", { interests }));
    expect(sorted(letters)).toEqual(together);
    expect((await b.list.due(b.nowMs, 64)).done).toBe(0);
  });
}
