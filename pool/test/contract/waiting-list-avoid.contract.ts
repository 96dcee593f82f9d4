import { expect, test } from "vitest";
import { kindsOf, Person } from "../support/desk-people.ts";
import type { OpenBench } from "./waiting-list.contract.ts";

const together = ["a:offer", "b:offer"];
const sorted = (letters: Parameters<typeof kindsOf>[0]): readonly string[] => [...kindsOf(letters)].sort();

/** Who never meets, and how many are looked at. */
export function avoidContract(open: OpenBench): void {
  test("[W11] never the same device, in two tabs or in one (defect 13), unless the setting allows it", async () => {
    const b = await open();
    await b.seek(new Person("a", { device: "same" }));
    expect(await b.seek(new Person("b", { device: "same" }), { waitedMs: 25_000 })).toEqual([]);
    const world = await open({ sameDeviceMayMeet: true });
    await world.seek(new Person("a", { device: "same" }));
    expect(sorted(await world.seek(new Person("b", { device: "same" })))).toEqual(together);
  });

  test("[W12] the pair of a proposal that was shown does not meet again for 10 minutes (defect 13)", async () => {
    const b = await open();
    const [a, other] = [new Person("a"), new Person("b")];
    const { chat } = await b.bringTogether(a, other);
    await b.list.decline(other.decline(chat), b.nowMs);
    await b.seek(a, { seekNo: 2 });
    expect(await b.seek(other, { seekNo: 2, waitedMs: 25_000 })).toEqual([]);
    await b.list.cancel({ ...a.cancel(), seekNo: 2 }, b.nowMs);
    await b.list.cancel({ ...other.cancel(), seekNo: 2 }, b.nowMs);
    b.nowMs += 600_000;
    await b.seek(a, { seekNo: 3 });
    expect(sorted(await b.seek(other, { seekNo: 3 }))).toEqual(together);
  });

  test("[W12] after a chat they do not meet for an hour", async () => {
    const b = await open();
    const [a, other] = [new Person("a"), new Person("b")];
    const { chat } = await b.bringTogether(a, other);
    await b.list.accept(a.accept(chat), b.nowMs);
    await b.list.accept(other.accept(chat), b.nowMs);
    b.nowMs += 3_599_999;
    await b.due();
    await b.seek(a, { seekNo: 2 });
    expect(await b.seek(other, { seekNo: 2 })).toEqual([]);
    b.nowMs += 1;
    expect(sorted(await b.seek(new Person("a", { seekNo: 3 })))).toEqual(together);
  });

  test("[W12] a `never` keeps two devices apart for its span, either way round; a shorter one does not shorten it", async () => {
    const b = await open();
    const [a, other] = [new Person("a"), new Person("b")];
    const never = { kind: "never", memo: 1, address: a.address, lane: "live", a: other.device, b: a.device } as const;
    await b.list.never({ ...never, forMs: 120_000 }, b.nowMs);
    await b.list.never({ ...never, a: a.device, b: other.device, forMs: 1_000 }, b.nowMs);
    b.nowMs += 119_999;
    await b.seek(a);
    expect(await b.seek(other)).toEqual([]);
    b.nowMs += 1;
    expect(sorted(await b.seek(other, { seekNo: 2 }))).toEqual(together);
  });

  test("[W13] lanes never meet, and are counted apart", async () => {
    const b = await open();
    await b.seek(new Person("a"));
    expect(await b.seek(new Person("b", { lane: "test" }), { waitedMs: 25_000 })).toEqual([]);
    expect([await b.list.size("live"), await b.list.size("test")]).toEqual([1, 1]);
  });

  test("[W14] at most the given number of candidates is looked at", async () => {
    const b = await open({ candidatesMax: 2 });
    for (const name of ["c1", "c2", "c3"]) await b.seek(new Person(name, { languages: ["fr"], device: "c" }));
    b.nowMs += 1;
    await b.seek(new Person("far", { languages: ["en"] }));
    expect(await b.seek(new Person("me", { languages: ["en"] }))).toEqual([]);
  });
}
