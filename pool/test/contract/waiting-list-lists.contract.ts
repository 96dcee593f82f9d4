import type { MemoOf } from "@whisper/shared/bus/memos";
import { expect, test } from "vitest";
import type { Letter } from "../../src/ports.ts";
import { addressNamed, type Bench, kindsOf, Person } from "../support/desk-people.ts";
import type { OpenBench } from "./waiting-list.contract.ts";

const sorted = (letters: Parameters<typeof kindsOf>[0]): readonly string[] => [...kindsOf(letters)].sort();
const counted = (b: Bench, count: number, listNo: number, shard = "p1"): Promise<readonly Letter[]> => {
  const memo: MemoOf<"count"> = { kind: "count", address: addressNamed(shard), lane: "live", count, listNo };
  return b.list.count(memo, b.nowMs);
};
const ended = (b: Bench, count: number, listNo: number, shard = "p1"): Promise<readonly Letter[]> => {
  const memo: MemoOf<"list_end"> = { kind: "list_end", address: addressNamed(shard), lane: "live", count, listNo };
  return b.list.listEnd(memo, b.nowMs);
};

/** Absence, lists, silence, and what becomes of those nobody speaks for. */
export function listsContract(open: OpenBench): void {
  absence(open);
  lists(open);
  silence(open);
}

function absence(open: OpenBench): void {
  test("[W22] who is set aside is neither matched nor counted, and regains the place and the wait", async () => {
    const b = await open();
    const a = new Person("a", { interests: ["x", "y"] });
    const joinedMs = b.nowMs;
    await b.seek(a);
    b.nowMs += 9_000;
    await b.list.setAside(a.aside(), b.nowMs);
    expect(await b.list.size("live")).toBe(0);
    expect(await b.seek(new Person("b", { interests: ["x", "y"] }))).toEqual([]);
    await b.list.cancel(new Person("b").cancel(), b.nowMs);
    expect(await b.pass(50_000)).toEqual([]);
    a.epoch += 4;
    a.address = addressNamed("p9");
    const letters = await b.list.regain(a.regain(), b.nowMs);
    expect(letters.map(({ memo }) => memo)).toMatchObject([
      { kind: "regained", holds: "seeking", seekNo: 1, epoch: a.epoch, joinedMs, waitedMs: 9_000 },
    ]);
    expect(await b.list.size("live")).toBe(1);
    await b.pass(1_000, ["p9"]);
    const found = await b.seek(new Person("c", { interests: ["x"] }));
    expect(found.map(({ to }) => to)).toContain(addressNamed("p9"));
  });

  test("[W22] who was set aside is forgotten after 60 s", async () => {
    const b = await open();
    const a = new Person("a");
    await b.seek(a);
    await b.list.setAside(a.aside(), b.nowMs);
    await b.pass(60_000);
    a.epoch += 4;
    expect((await b.list.regain(a.regain(), b.nowMs))[0]?.memo).toMatchObject({ holds: "nothing" });
  });

  test("[W22] an aside that overtakes its seek keeps that seek out; one that comes late touches nothing newer", async () => {
    const b = await open();
    const a = new Person("a");
    await b.list.setAside(a.aside(), b.nowMs);
    await b.seek(a);
    expect(await b.list.size("live")).toBe(0);
    await b.seek(a, { epoch: 8_000 });
    await b.list.setAside({ ...a.aside(), seekNo: 9 }, b.nowMs);
    expect(await b.list.size("live")).toBe(1);
  });

  test("[W22] a list does not bring back who was set aside for a lost socket", async () => {
    const b = await open();
    const a = new Person("a");
    await b.seek(a);
    await b.list.setAside(a.aside(), b.nowMs);
    await b.seek(a, { listNo: 1 });
    expect(await b.list.size("live")).toBe(0);
  });

  test("[W23] a waiting seeker regains the place at the new address, once", async () => {
    const b = await open();
    const a = new Person("a");
    await b.seek(a);
    a.epoch += 4;
    a.address = addressNamed("p9");
    for (let i = 0; i < 2; i += 1) {
      expect((await b.list.regain(a.regain(), b.nowMs))[0]?.memo).toMatchObject({ holds: "seeking" });
    }
    expect(await b.list.size("live")).toBe(1);
    expect(kindsOf(await counted(b, 0, 1))).toEqual([]);
    expect(kindsOf(await counted(b, 1, 1, "p9"))).toEqual([]);
    const letters = await b.seek(new Person("b"));
    expect(letters.find(({ to }) => to === a.address)?.memo).toMatchObject({ epoch: a.epoch, seekNo: 1 });
  });
}

function lists(open: OpenBench): void {
  test("[W24] a count that differs asks for the whole list; an equal, doubled or older one does not", async () => {
    const b = await open();
    expect(kindsOf(await counted(b, 0, 1))).toEqual([]);
    expect((await counted(b, 2, 2)).map(({ to, memo }) => [to, memo])).toEqual([
      [addressNamed("p1"), { kind: "list_wanted", listNo: 2 }],
    ]);
    expect(await counted(b, 2, 2)).toEqual([]);
    expect(await counted(b, 3, 1)).toEqual([]);
    expect(kindsOf(await counted(b, 2, 3))).toEqual(["list_wanted"]);
  });

  test("[W24] an emptied desk is whole again by the list, and pairs from it at once", async () => {
    const b = await open();
    const people = ["a", "b", "c"].map((name) => new Person(name, { device: name, interests: [name] }));
    await counted(b, 3, 7);
    for (const person of people) await b.seek(person, { listNo: 7, waitedMs: 1_000 });
    await ended(b, 3, 7);
    expect(await b.list.size("live")).toBe(3);
    expect(await counted(b, 3, 8)).toEqual([]);
    expect(sorted(await b.seek(new Person("me", { interests: ["b"] })))).toEqual(["b:offer", "me:offer"]);
  });

  test("[W25] a whole list drops the seekers that it lacks, and only those older than it", async () => {
    const b = await open();
    const [ghost, alive, fresh] = ["ghost", "alive", "fresh"].map((name) => new Person(name, { interests: [name] }));
    if (ghost === undefined || alive === undefined || fresh === undefined) throw new Error("three people");
    await b.seek(ghost);
    await b.seek(alive);
    await b.pass(3_000);
    await counted(b, 1, 1);
    await b.seek(alive, { listNo: 1 });
    await b.seek(fresh);
    await ended(b, 1, 1);
    await b.due();
    expect(await b.list.size("live")).toBe(2);
    expect(kindsOf(await b.seek(new Person("x", { interests: ["ghost"] })))).toEqual([]);
    expect(sorted(await b.seek(new Person("y", { interests: ["alive"] })))).toEqual(["alive:offer", "y:offer"]);
  });

  test("[W25] a seek that came within a second before a list began may be newer than it, and stays", async () => {
    const b = await open();
    await b.seek(new Person("old", { interests: ["old"] }));
    await b.pass(1_000);
    await b.seek(new Person("new", { interests: ["new"] }));
    b.nowMs += 500;
    await counted(b, 0, 1);
    await ended(b, 0, 1);
    await b.due();
    expect(await b.list.size("live")).toBe(1);
    expect(sorted(await b.seek(new Person("x", { interests: ["new"] })))).toEqual(["new:offer", "x:offer"]);
  });

  test("[W25] a list with a lost part drops nobody, a doubled part does not stand for it, a late one completes it", async () => {
    const b = await open();
    const people = ["a", "b", "c"].map((name) => new Person(name, { interests: [name] }));
    for (const person of people) await b.seek(person);
    const [first, second] = people;
    if (first === undefined || second === undefined) throw new Error("three people");
    await b.pass(3_000);
    await counted(b, 2, 1);
    await b.seek(first, { listNo: 1 });
    await b.seek(first, { listNo: 1 });
    await ended(b, 2, 1);
    await b.due();
    expect(await b.list.size("live")).toBe(3);
    await b.seek(second, { listNo: 1 });
    expect(await b.list.size("live")).toBe(2);
  });

  test("[W25] parts of an older list do not complete a newer one", async () => {
    const b = await open();
    const a = new Person("a");
    await b.seek(a);
    await b.pass(3_000);
    await counted(b, 0, 5);
    await ended(b, 0, 4);
    expect(await b.list.size("live")).toBe(1);
    await ended(b, 0, 5);
    expect(await b.list.size("live")).toBe(0);
  });

  test("[W25] a long list is dropped in slices, by the due-list", async () => {
    const b = await open({ sliceMax: 2, seeksPerWindow: 1_000 });
    for (let i = 0; i < 7; i += 1) await b.seek(new Person(`s${i}`, { interests: [`${i}`] }));
    await b.pass(3_000);
    await counted(b, 0, 1);
    await ended(b, 0, 1);
    expect(await b.list.size("live")).toBe(5);
    await b.due();
    expect(await b.list.size("live")).toBe(0);
  });

  test("[W28] a list brings back whom an offer lost that nobody saw, but not who declined or cancelled", async () => {
    const b = await open();
    const [a, other] = [new Person("a"), new Person("b")];
    await b.seek(a);
    await b.seek(other);
    b.nowMs += 2_000;
    expect(sorted(await b.due())).toEqual(["a:cancelled", "b:cancelled"]);
    await b.list.cancel(other.cancel(), b.nowMs);
    await b.seek(a, { listNo: 1 });
    await b.seek(other, { listNo: 1 });
    expect(await b.list.size("live")).toBe(1);
  });
}

function silence(open: OpenBench): void {
  test("[W26] the seekers of a shard that is silent for 5 s are set aside, and back with its list", async () => {
    const b = await open({ sliceMax: 2 });
    const people = ["a", "b", "c"].map((name) => new Person(name, { interests: [name] }));
    for (const person of people) await b.seek(person);
    await b.pass(4_999, []);
    expect(await b.list.size("live")).toBe(3);
    await b.pass(1, []);
    expect(await b.list.size("live")).toBe(0);
    expect(kindsOf(await counted(b, 3, 1))).toEqual(["list_wanted"]);
    for (const person of people) await b.seek(person, { listNo: 1 });
    expect(await b.list.size("live")).toBe(3);
    expect(sorted(await b.seek(new Person("me", { interests: ["c"] })))).toEqual(["c:offer", "me:offer"]);
  });

  test("[W26] a desk that was away judges no shard silent", async () => {
    const b = await open();
    await b.seek(new Person("a"));
    b.nowMs += 30_000;
    await b.due();
    expect(await b.list.size("live")).toBe(1);
    await b.pass(5_000, []);
    expect(await b.list.size("live")).toBe(0);
  });

  test("[W27] a seek that nothing confirms for 90 s is forgotten, by whoever meets it first (defects 1, 5)", async () => {
    const b = await open();
    await b.seek(new Person("ghost"));
    b.nowMs += 90_000;
    expect(await b.seek(new Person("a"))).toEqual([]);
    expect(await b.list.size("live")).toBe(1);
    const other = await open();
    await other.seek(new Person("ghost"));
    await other.pass(89_999);
    expect(await other.list.size("live")).toBe(1);
    await other.pass(1);
    expect(await other.list.size("live")).toBe(0);
  });

  test("[W29] two matchers that do what is due at once do it once", async () => {
    const b = await open();
    await b.seek(new Person("a", { interests: ["x", "1"] }));
    await b.seek(new Person("b", { interests: ["x", "2"] }));
    for (let s = 0; s < 9; s += 1) await b.pass(1_000);
    b.nowMs += 1_000;
    const turns = await Promise.all([1, 2, 3].map(() => b.list.due(b.nowMs, 64)));
    expect(sorted(turns.flatMap((turn) => turn.letters))).toEqual(["a:offer", "b:offer"]);
  });

  test("[W29] what one matcher has put off, another does not do again", async () => {
    const b = await open();
    const [a, other] = [new Person("a"), new Person("b")];
    const { chat } = await b.bringTogether(a, other);
    await b.list.accept(a.accept(chat), b.nowMs);
    await b.list.accept(other.accept(chat), b.nowMs);
    b.nowMs += 200;
    const turns = await Promise.all([1, 2, 3].map(() => b.list.due(b.nowMs, 64)));
    expect(sorted(turns.flatMap((turn) => turn.letters))).toEqual(["a:paired", "b:paired"]);
  });

  test("[W29] the next moment is told, and none when nothing waits", async () => {
    const b = await open();
    expect(await b.list.due(b.nowMs, 64)).toEqual({ letters: [], done: 0, nextMs: undefined });
    await b.seek(new Person("a"));
    expect((await b.list.due(b.nowMs, 64)).nextMs).toBe(b.nowMs + 5_000);
  });
}
