import type { ChatId } from "@whisper/shared/base/ids";
import { expect, test } from "vitest";
import { addressNamed, type Bench, chatOf, kindsOf, Person } from "../support/desk-people.ts";
import type { OpenBench } from "./waiting-list.contract.ts";

const sorted = (letters: Parameters<typeof kindsOf>[0]): readonly string[] => [...kindsOf(letters)].sort();

/** A proposal that both shards took and both people see. */
export async function shown(b: Bench): Promise<{ readonly a: Person; readonly other: Person; readonly chat: ChatId }> {
  const [a, other] = [new Person("a"), new Person("b", { shard: "p2" })];
  const { chat } = await b.bringTogether(a, other);
  return { a, other, chat };
}

/** … and that both accepted. */
export async function paired(b: Bench): ReturnType<typeof shown> {
  const made = await shown(b);
  await b.list.accept(made.a.accept(made.chat), b.nowMs);
  await b.list.accept(made.other.accept(made.chat), b.nowMs);
  return made;
}

/** A proposal's whole life, and its ways to end. */
export function proposalsContract(open: OpenBench): void {
  offers(open);
  answers(open);
  endings(open);
  pairs(open);
}

function offers(open: OpenBench): void {
  test("[W15] found goes to both when both shards took the offer, with 15 s to answer (defect 4)", async () => {
    const b = await open();
    const { letters } = await b.bringTogether(new Person("a"), new Person("b"));
    expect(letters.map(({ memo }) => memo)).toMatchObject([
      { kind: "found", leftMs: 15_000 },
      { kind: "found", leftMs: 15_000 },
    ]);
    expect(sorted(letters)).toEqual(["a:found", "b:found"]);
  });

  test("[W15] an offer is made again at 1 s to whom has not taken it, and cancelled at 2 s for both", async () => {
    const b = await open();
    const [a, other] = [new Person("a"), new Person("b")];
    await b.seek(a);
    const chat = chatOf(await b.seek(other));
    await b.list.offerAnswer(a.answer(chat, true), b.nowMs);
    b.nowMs += 999;
    expect(await b.due()).toEqual([]);
    b.nowMs += 1;
    expect(kindsOf(await b.due())).toEqual(["b:offer"]);
    b.nowMs += 1_000;
    expect(sorted(await b.due())).toEqual(["a:cancelled", "b:cancelled"]);
    expect(kindsOf(await b.list.offerAnswer(other.answer(chat, true), b.nowMs))).toEqual(["b:cancelled"]);
    expect(await b.list.size("live")).toBe(0);
  });

  test("[W15] a doubled `taken` does not stand for the other's", async () => {
    const b = await open();
    const [a, other] = [new Person("a"), new Person("b")];
    await b.seek(a);
    const chat = chatOf(await b.seek(other));
    for (let i = 0; i < 3; i += 1) expect(await b.list.offerAnswer(a.answer(chat, true), b.nowMs)).toEqual([]);
  });

  test("[W15] a `taken` repeated after found is answered found again, with the time that is left", async () => {
    const b = await open();
    const { a, chat } = await shown(b);
    b.nowMs += 4_000;
    const letters = await b.list.offerAnswer(a.answer(chat, true), b.nowMs);
    expect(letters.map(({ memo }) => memo)).toMatchObject([{ kind: "found", leftMs: 11_000 }]);
  });

  test("[W15] refused by one shard: the other is told cancelled, and both may meet again", async () => {
    const b = await open();
    const [a, other] = [new Person("a"), new Person("b")];
    await b.seek(a);
    const chat = chatOf(await b.seek(other));
    expect(kindsOf(await b.list.offerAnswer(a.answer(chat, false), b.nowMs))).toEqual(["b:cancelled"]);
    await b.seek(a, { seekNo: 2 });
    expect(sorted(await b.seek(other, { seekNo: 2 }))).toEqual(["a:offer", "b:offer"]);
  });

  test("[W15] an answer with another seek's number, a lower epoch or by a stranger is ignored", async () => {
    const b = await open();
    const [a, other] = [new Person("a"), new Person("b")];
    await b.seek(a);
    const chat = chatOf(await b.seek(other));
    const taken = other.answer(chat, true);
    await b.list.offerAnswer(a.answer(chat, true), b.nowMs);
    for (const bad of [
      { ...taken, seekNo: 2 },
      { ...taken, epoch: other.epoch - 1 },
      new Person("evil").answer(chat, true),
      { ...taken, lane: "test" as const, taken: false },
    ]) {
      expect(await b.list.offerAnswer(bad, b.nowMs)).toEqual([]);
    }
    expect(sorted(await b.list.offerAnswer(taken, b.nowMs))).toEqual(["a:found", "b:found"]);
  });
}

function answers(open: OpenBench): void {
  test("[W16] paired goes to both when both accepted, with the address of the other; one yes alone says nothing (defect 3)", async () => {
    const b = await open();
    const { a, other, chat } = await shown(b);
    expect(await b.list.accept(a.accept(chat), b.nowMs)).toEqual([]);
    expect(await b.list.accept(a.accept(chat), b.nowMs)).toEqual([]);
    const letters = await b.list.accept(other.accept(chat), b.nowMs);
    expect(sorted(letters)).toEqual(["a:paired", "b:paired"]);
    expect(letters.find(({ to }) => to === a.address)?.memo).toMatchObject({
      partner: other.session,
      partnerAddress: other.address,
      partnerDevice: other.device,
      desk: "eu-west",
    });
  });

  test("[W16] a yes of nobody's, of an older socket, or to an offer that was not shown is ignored", async () => {
    const b = await open();
    const [a, other] = [new Person("a"), new Person("b")];
    await b.seek(a);
    const chat = chatOf(await b.seek(other));
    expect(await b.list.accept(a.accept(chat), b.nowMs)).toEqual([]);
    await b.list.offerAnswer(a.answer(chat, true), b.nowMs);
    await b.list.offerAnswer(other.answer(chat, true), b.nowMs);
    await b.list.accept(other.accept(chat), b.nowMs);
    expect(await b.list.accept({ ...a.accept(chat), epoch: a.epoch - 1 }, b.nowMs)).toEqual([]);
    expect(await b.list.accept(new Person("evil").accept(chat), b.nowMs)).toEqual([]);
  });

  test("[W17] a yes after the deadline, or to a chat that is not known, is answered declined (defect 11)", async () => {
    const b = await open();
    const { a, other, chat } = await shown(b);
    b.nowMs += 15_000;
    expect(sorted(await b.list.accept(a.accept(chat), b.nowMs))).toEqual(["a:declined", "b:expired"]);
    const late = await b.list.accept(other.accept(chat), b.nowMs);
    expect(late).toEqual([
      {
        to: other.address,
        memo: { kind: "declined", chat, session: other.session, epoch: other.epoch, seekNo: other.seekNo },
      },
    ]);
    expect(kindsOf(await b.list.accept(new Person("c").accept(chat), b.nowMs))).toEqual(["c:declined"]);
  });

  test("[W17] a yes from a socket that is no longer the newest gets no answer", async () => {
    const b = await open();
    const a = new Person("a");
    await b.seek(a, { epoch: 8_000 });
    expect(await b.list.accept(a.accept("c".repeat(22) as ChatId), b.nowMs)).toEqual([]);
  });
}

function endings(open: OpenBench): void {
  test("[W18] a decline gives the other declined at once; the decliner hears nothing (defect 10)", async () => {
    const b = await open();
    const { a, chat } = await shown(b);
    expect(kindsOf(await b.list.decline(a.decline(chat), b.nowMs))).toEqual(["b:declined"]);
    expect(await b.list.decline(a.decline(chat), b.nowMs)).toEqual([]);
    expect(await b.due()).toEqual([]);
  });

  test("[W18] a cancel in a proposal is a decline, before found and after it (defect 10)", async () => {
    const b = await open();
    const [a, other] = [new Person("a"), new Person("b")];
    await b.seek(a);
    await b.seek(other);
    expect(kindsOf(await b.list.cancel(a.cancel(), b.nowMs))).toEqual(["b:cancelled"]);
    const { a: c } = await shown(await open());
    expect(c.seekNo).toBe(1);
    const later = await open();
    const made = await shown(later);
    expect(kindsOf(await later.list.cancel(made.other.cancel(), later.nowMs))).toEqual(["a:declined"]);
  });

  test("[W18] a no by a stranger or an older socket is ignored", async () => {
    const b = await open();
    const { a, other, chat } = await shown(b);
    expect(await b.list.decline(new Person("evil").decline(chat), b.nowMs)).toEqual([]);
    expect(await b.list.decline({ ...a.decline(chat), epoch: a.epoch - 1 }, b.nowMs)).toEqual([]);
    await b.list.accept(a.accept(chat), b.nowMs);
    expect(sorted(await b.list.accept(other.accept(chat), b.nowMs))).toEqual(["a:paired", "b:paired"]);
  });

  test("[W19] at the deadline who accepted is told declined and keeps their place, who did not is told expired (defect 14)", async () => {
    const b = await open({ seeksPerWindow: 1 });
    const { a, other, chat } = await shown(b);
    const joinedMs = b.nowMs;
    await b.list.accept(a.accept(chat), b.nowMs);
    expect(sorted(await b.pass(14_999, ["p1", "p2"]))).toEqual([]);
    expect(sorted(await b.pass(1, ["p1", "p2"]))).toEqual(["a:declined", "b:expired"]);
    expect(await b.seek(a, { seekNo: 2, joinedMs })).toEqual([]);
    expect(kindsOf(await b.seek(other, { seekNo: 2 }))).toEqual(["b:seek_refused"]);
    expect(await b.list.size("live")).toBe(1);
  });

  test("[W19] a first accepter whose socket goes still ends the other's wait (defect 2)", async () => {
    const b = await open();
    const { a, chat } = await shown(b);
    await b.list.accept(a.accept(chat), b.nowMs);
    await b.list.setAside(a.aside(), b.nowMs);
    expect(sorted(await b.pass(15_000, ["p1", "p2"]))).toEqual(["a:declined", "b:expired"]);
  });

  test("[W20] a newer seek of somebody who is in a proposal ends it for the other", async () => {
    const b = await open();
    const { a } = await shown(b);
    expect(kindsOf(await b.seek(a, { seekNo: 2 }))).toEqual(["b:declined"]);
    expect(await b.list.size("live")).toBe(1);
  });

  test("[W20] a late copy of the seek that led to a proposal does not bring its person back", async () => {
    const b = await open();
    const { a, other, chat } = await shown(b);
    await b.list.decline(a.decline(chat), b.nowMs);
    for (const person of [a, other]) expect(await b.seek(person)).toEqual([]);
    expect(await b.list.size("live")).toBe(0);
  });
}

function pairs(open: OpenBench): void {
  test("[W21] paired is sent again at 0.2, 1 and 3 s, then every 5 s until taken, and kept for 90 s", async () => {
    const b = await open();
    const { a, other, chat } = await paired(b);
    const bornMs = b.nowMs;
    await b.list.pairedTaken(a.pairedTaken(chat), b.nowMs);
    const heardMs: number[] = [];
    for (let turn = 0; turn < 80; turn += 1) {
      const { letters, nextMs } = await b.list.due(b.nowMs, 64);
      for (const { to, memo } of letters) {
        if (memo.kind !== "paired") continue;
        expect(to).toBe(addressNamed("p2"));
        heardMs.push(b.nowMs - bornMs);
      }
      if (nextMs === undefined) break;
      b.nowMs = Math.max(b.nowMs, nextMs);
    }
    expect(heardMs).toEqual([200, 1_000, ...Array.from({ length: 18 }, (_, i) => 3_000 + 5_000 * i)]);
    expect(kindsOf(await b.list.accept(other.accept(chat), b.nowMs))).toEqual(["b:declined"]);
  });

  test("[W21] when both shards have it, paired is not sent again; a repeated yes is still understood", async () => {
    const b = await open();
    const { a, other, chat } = await paired(b);
    expect(kindsOf(await b.list.accept(a.accept(chat), b.nowMs))).toEqual(["a:paired"]);
    for (const person of [a, other]) await b.list.pairedTaken(person.pairedTaken(chat), b.nowMs);
    expect(kindsOf(await b.pass(89_000, []))).toEqual([]);
    expect(await b.list.accept(a.accept(chat), b.nowMs)).toEqual([]);
  });

  test("[W21] a no after pairing ends nothing, and a newer seek leaves the other's paired alone", async () => {
    const b = await open();
    const { a, chat } = await paired(b);
    expect(await b.list.decline(a.decline(chat), b.nowMs)).toEqual([]);
    expect(await b.seek(a, { seekNo: 2 })).toEqual([]);
    expect(await b.list.size("live")).toBe(1);
    b.nowMs += 200;
    expect(kindsOf(await b.due())).toEqual(["b:paired"]);
    b.nowMs += 89_800;
    await b.alive("p1");
    await b.due();
    expect(await b.list.size("live")).toBe(0); // nobody confirmed that seek for 90 s
  });

  test("[W21] paired_taken by a stranger or an older socket stops nothing", async () => {
    const b = await open();
    const { a, chat } = await paired(b);
    await b.list.pairedTaken(new Person("evil").pairedTaken(chat), b.nowMs);
    await b.list.pairedTaken({ ...a.pairedTaken(chat), epoch: a.epoch - 1 }, b.nowMs);
    b.nowMs += 200;
    expect(sorted(await b.due())).toEqual(["a:paired", "b:paired"]);
  });
}
