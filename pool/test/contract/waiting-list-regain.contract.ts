import { expect, test } from "vitest";
import { addressNamed, chatOf, kindsOf, Person } from "../support/desk-people.ts";
import type { OpenBench } from "./waiting-list.contract.ts";
import { paired, shown } from "./waiting-list-proposals.contract.ts";

const sorted = (letters: Parameters<typeof kindsOf>[0]): readonly string[] => [...kindsOf(letters)].sort();

/** The same person on a new socket, on another shard. */
function back(person: Person, shard = "p9"): Person {
  person.epoch += 4;
  person.address = addressNamed(shard);
  return person;
}

/** Who comes back while in a proposal. */
export function regainContract(open: OpenBench): void {
  test("[W23] who was shown a proposal regains it with what is left and whether they accepted", async () => {
    const b = await open();
    const { a, other, chat } = await shown(b);
    await b.list.accept(a.accept(chat), b.nowMs);
    b.nowMs += 5_000;
    const [letter] = await b.list.regain(back(a).regain(), b.nowMs);
    expect(letter?.to).toBe(addressNamed("p9"));
    expect(letter?.memo).toMatchObject({ kind: "regained", holds: "offer", chat, leftMs: 10_000, accepted: true });
    const letters = await b.list.accept(other.accept(chat), b.nowMs);
    expect(letters.map(({ to }) => to)).toContain(addressNamed("p9"));
    expect(letters.find(({ to }) => to === other.address)?.memo).toMatchObject({
      partnerAddress: addressNamed("p9"),
      partnerEpoch: 4_004,
    });
  });

  test("[W23] who comes back before found must take the offer anew", async () => {
    const b = await open();
    const [a, other] = [new Person("a"), new Person("b")];
    await b.seek(a);
    const chat = chatOf(await b.seek(other));
    await b.list.offerAnswer(a.answer(chat, true), b.nowMs);
    expect(kindsOf(await b.list.regain(back(a).regain(), b.nowMs))).toEqual(["a:regained", "a:offer"]);
    expect(await b.list.offerAnswer(other.answer(chat, true), b.nowMs)).toEqual([]);
    expect(sorted(await b.list.offerAnswer(a.answer(chat, true), b.nowMs))).toEqual(["a:found", "b:found"]);
  });

  test("[W23] who was paired gets paired at the new address, until that shard has it", async () => {
    const b = await open();
    const { a, other, chat } = await paired(b);
    for (const person of [a, other]) await b.list.pairedTaken(person.pairedTaken(chat), b.nowMs);
    const letters = await b.list.regain(back(a).regain(), b.nowMs);
    expect(kindsOf(letters)).toEqual(["a:paired"]);
    expect(letters[0]?.to).toBe(addressNamed("p9"));
    b.nowMs += 200;
    expect(kindsOf(await b.due())).toEqual(["a:paired"]);
  });

  test("[W23] nothing is held of who is unknown, cancelled, or let it run out; an older socket gets no answer", async () => {
    const b = await open();
    const { a, other, chat } = await shown(b);
    await b.list.decline(a.decline(chat), b.nowMs);
    for (const person of [new Person("c"), a, other]) {
      const letters = await b.list.regain(person.regain(), b.nowMs);
      expect(letters.map(({ memo }) => memo)).toMatchObject([{ kind: "regained", holds: "nothing" }]);
    }
    await b.seek(a, { epoch: 8_000 });
    expect(await b.list.regain(a.regain(), b.nowMs)).toEqual([]);
  });
}
