import type { Address, ChatId, DeviceHash, SessionId } from "@whisper/shared/base/ids";
import { beforeAll, describe, expect, test } from "vitest";
import { RECORDS_SETTINGS, type RecordsSettings } from "../../src/clerk/records-settings.ts";
import type { AdmitAsk, Records, Standing, WriteAsk } from "../../src/ports.ts";
import { until } from "../support/until.ts";

export const NOW_MS = 1_800_000_000_000;
export const HERE = "eu-west.p1.0.abc" as Address;
export const THERE = "eu-west.p2.13.xyz12345" as Address;
export const DEVICE = "d".repeat(10).concat("A") as DeviceHash;
const STRANGER = "s".repeat(10).concat("A") as DeviceHash;
export const CHAT = "C".repeat(22) as ChatId;
const OTHER_CHAT = "D".repeat(22) as ChatId;
const PARTNER = "P".repeat(22);
const PARTNER_DEVICE = "q".repeat(11);
export const HALF = `${CHAT}${PARTNER}${PARTNER_DEVICE}eu-west ${THERE} 4000`;
const OVER = `${CHAT}${PARTNER_DEVICE}`;
/** An epoch as the edge mints it: above 2^42. */
const EPOCH = 4 * NOW_MS;

let made = 0;
/** A session that no other test uses. */
export const anySession = (): SessionId => `${made++}`.padStart(22, "Sx0_-") as SessionId;

/** The promises of Records. `open` gives an empty store, or at least one that nobody else writes to. */
export function recordsContract(name: string, open: (settings: RecordsSettings) => Promise<Records>): void {
  describe(name, () => {
    let records: Records;
    beforeAll(async () => {
      records = await open({ ...RECORDS_SETTINGS, settleMs: 0 });
      return () => records.close();
    });
    const ask = (session: SessionId, changed: Partial<AdmitAsk> = {}): AdmitAsk => ({
      session,
      epoch: EPOCH,
      attempt: 7,
      fresh: false,
      device: DEVICE,
      address: HERE,
      ...changed,
    });
    const admit = (session: SessionId, changed: Partial<AdmitAsk> = {}) => records.admit(ask(session, changed), NOW_MS);
    const write = (session: SessionId, standing: Standing, changed: Partial<WriteAsk> = {}) =>
      records.write({ session, epoch: EPOCH, rev: 1, device: DEVICE, address: HERE, standing, ...changed }, NOW_MS);
    /** Where a session stands, as its next admission would be told; uses up an epoch. */
    const standing = async (session: SessionId, epoch = EPOCH + 1_000) => admit(session, { epoch, attempt: 1_000 });

    test("[R1] a session without a record is new, and comes back to an idle place", async () => {
      const session = anySession();
      expect(await admit(session)).toEqual({ answer: "new" });
      expect(await admit(session, { epoch: EPOCH + 4, address: THERE })).toEqual({
        answer: "back",
        standing: { place: "idle" },
        before: [HERE],
      });
    });

    test("[R1] a ticket works once: the same epoch with another attempt is stale", async () => {
      const session = anySession();
      await admit(session);
      expect(await admit(session, { attempt: 8 })).toEqual({ answer: "stale" });
      expect(await admit(session, { attempt: 8, address: THERE })).toEqual({ answer: "stale" });
    });

    test("[R1] of two sockets the one with the higher epoch wins, whichever asks first", async () => {
      const session = anySession();
      await admit(session, { epoch: EPOCH + 5, attempt: 1, address: THERE });
      expect(await admit(session, { epoch: EPOCH + 4, attempt: 2 })).toEqual({ answer: "stale" });
      expect(await records.where(session, CHAT)).toEqual({ chat: "unknown", address: THERE, epoch: EPOCH + 5 });
    });

    test("[R1] many sockets at once with one ticket: one comes in", async () => {
      const session = anySession();
      const asked = Array.from({ length: 20 }, (_, attempt) => admit(session, { attempt }));
      const answers = (await Promise.all(asked)).map(({ answer }) => answer).sort();
      expect(answers).toEqual(["new", ...Array.from({ length: 19 }, () => "stale")]);
    });

    test("[R2] the same epoch and attempt is answered as the first time, until the new socket has written", async () => {
      const session = anySession();
      expect(await admit(session)).toEqual({ answer: "new" });
      expect(await admit(session)).toEqual({ answer: "new" });
      await write(session, { place: "chatting", half: HALF });
      const again = { epoch: EPOCH + 4, attempt: 9, address: THERE };
      const back = { answer: "back", standing: { place: "chatting", half: HALF }, before: [HERE] };
      expect(await admit(session, again)).toEqual(back);
      expect(await admit(session, again)).toEqual(back);
      expect(await admit(session, again)).toEqual(back);
    });

    test("[G64] the answer to an admission may be lost: the next one is told of every shard before, newest first", async () => {
      const session = anySession();
      const third = "eu-west.p3.1.abc" as Address;
      await admit(session);
      await admit(session, { epoch: EPOCH + 4, address: THERE });
      expect(await admit(session, { epoch: EPOCH + 8, address: third })).toMatchObject({ before: [THERE, HERE] });
      // The same shard again: it is not told twice, and one that nobody ever confirmed does not push out the first.
      expect(await admit(session, { epoch: EPOCH + 12, address: third })).toMatchObject({
        before: [third, THERE, HERE],
      });
      expect(await admit(session, { epoch: EPOCH + 16, address: HERE })).toMatchObject({
        before: [third, THERE, HERE],
      });
      await records.touch([{ session, epoch: EPOCH + 16 }]);
      expect(await admit(session, { epoch: EPOCH + 20, address: third })).toMatchObject({ before: [HERE] });
    });

    test("[R3] a ticket for another device than the record's admits nobody and changes nothing", async () => {
      const session = anySession();
      await admit(session);
      const thief = { device: STRANGER, epoch: EPOCH + 400, address: THERE };
      expect(await admit(session, thief)).toEqual({ answer: "stranger" });
      expect(await records.holderOf(session)).toEqual({ epoch: EPOCH, device: DEVICE });
      expect(await records.where(session, CHAT)).toMatchObject({ address: HERE });
    });

    test("[R3] every one of a device's 66 bits counts, and none is lost", async () => {
      const letters = ["A", "B", "E", "I", "Q", "g", "-", "_", "w"];
      for (const last of letters) {
        for (const first of ["A", "_"]) {
          const session = anySession();
          const device = `${first.repeat(10)}${last}` as DeviceHash;
          await admit(session, { device });
          expect(await records.holderOf(session)).toEqual({ epoch: EPOCH, device });
          const other = `${first.repeat(10)}${last === "B" ? "C" : "B"}` as DeviceHash;
          expect(await admit(session, { device: other, epoch: EPOCH + 4 })).toEqual({ answer: "stranger" });
        }
      }
    });

    test("[R4] a ban is answered before everything else and changes nothing, and it ends", async () => {
      const session = anySession();
      const device = "bannedbannA" as DeviceHash;
      await records.ban(device, NOW_MS + 60_000, "spam, and more", NOW_MS);
      expect(await admit(session, { device })).toEqual({ answer: "banned", leftMs: 60_000, reason: "spam, and more" });
      expect(await records.holderOf(session)).toBeUndefined();
      expect(await records.admit(ask(session, { device }), NOW_MS + 60_000)).toEqual({ answer: "new" });
      await records.ban(device, NOW_MS - 1, "", NOW_MS);
      expect(await admit(session, { device, epoch: EPOCH + 4 })).toMatchObject({ answer: "back" });
    });

    test("[R5] a write applies only above the stored epoch and rev; late and doubled ones are taken without effect", async () => {
      const session = anySession();
      await admit(session);
      const seeking: Standing = { place: "seeking", details: '[1,2,["música","日本"],[]]', over: OVER };
      expect(await write(session, { place: "chatting", half: HALF }, { rev: 2 })).toBe("taken");
      expect(await write(session, { place: "idle" }, { rev: 1 })).toBe("taken");
      expect(await write(session, { place: "idle" }, { rev: 2 })).toBe("taken");
      expect(await standing(session)).toMatchObject({ standing: { place: "chatting", half: HALF } });
      expect(await write(session, seeking, { rev: 900_000_000, epoch: EPOCH + 1_000, address: THERE })).toBe("taken");
      expect(await standing(session, EPOCH + 2_000)).toEqual({ answer: "back", standing: seeking, before: [THERE] });
    });

    test("[R5] a write of a lower epoch is refused, whatever its rev", async () => {
      const session = anySession();
      await admit(session);
      await admit(session, { epoch: EPOCH + 4, attempt: 8, address: THERE });
      expect(await write(session, { place: "chatting", half: HALF }, { rev: 4_000_000 })).toBe("lower");
      expect(await standing(session)).toMatchObject({ standing: { place: "idle" }, before: [THERE, HERE] });
    });

    test("[R5] a write puts back a record that was lost, and that record's ticket stays used", async () => {
      const session = anySession();
      expect(await write(session, { place: "chatting", half: HALF }, { rev: 3 })).toBe("taken");
      expect(await records.where(session, CHAT)).toEqual({ chat: "in", address: HERE, epoch: EPOCH });
      for (const attempt of [0, 7, 0xff_ff_fe, 0xff_ff_ff, 0xff_ff_ff_ff])
        expect(await admit(session, { attempt })).toEqual({ answer: "stale" });
    });

    test("[R5] a standing of more than a kilobyte is refused by a rejection, and one of a kilobyte is kept", async () => {
      const session = anySession();
      const longest = "é".repeat(512);
      await expect(write(session, { place: "seeking", details: `${longest}x` })).rejects.toThrow("kilobyte");
      expect(await records.holderOf(session)).toBeUndefined();
      await write(session, { place: "seeking", details: longest });
      expect(await standing(session)).toMatchObject({ standing: { details: longest } });
    });

    test("[R6] ending a half leaves the place idle, with the chat and the partner's device for late words", async () => {
      const session = anySession();
      await admit(session);
      await write(session, { place: "chatting", half: HALF, details: "x" });
      expect(await records.endHalf(session, CHAT, EPOCH, NOW_MS)).toEqual({ answer: "ended" });
      expect(await records.where(session, CHAT)).toEqual({ chat: "over", address: HERE, epoch: EPOCH });
      expect(await records.endHalf(session, CHAT, EPOCH, NOW_MS)).toEqual({ answer: "ended" });
      expect(await standing(session)).toEqual({
        answer: "back",
        standing: { place: "idle", over: OVER },
        before: [HERE],
      });
    });

    test("[R6] who came back keeps the half: the refusal says where they are", async () => {
      const session = anySession();
      await write(session, { place: "chatting", half: HALF });
      await admit(session, { epoch: EPOCH + 4, address: THERE });
      const refused = { answer: "refused", address: THERE, epoch: EPOCH + 4 };
      expect(await records.endHalf(session, CHAT, EPOCH, NOW_MS)).toEqual(refused);
      expect(await records.where(session, CHAT)).toMatchObject({ chat: "in" });
      expect(await records.endHalf(session, CHAT, EPOCH + 4, NOW_MS)).toEqual({ answer: "ended" });
      expect(await records.where(session, CHAT)).toMatchObject({ chat: "over" });
    });

    test("[R6] no record, or another chat, counts as ended and stays as it is", async () => {
      const session = anySession();
      expect(await records.endHalf(session, CHAT, EPOCH, NOW_MS)).toEqual({ answer: "ended" });
      expect(await records.holderOf(session)).toBeUndefined();
      await write(session, { place: "chatting", half: HALF });
      expect(await records.endHalf(session, OTHER_CHAT, EPOCH, NOW_MS)).toEqual({ answer: "ended" });
      expect(await records.where(session, CHAT)).toMatchObject({ chat: "in" });
    });

    test("[R6] of an admission and the end of a half at once, either came first, never half of each", async () => {
      for (let round = 0; round < 25; round++) {
        const session = anySession();
        await write(session, { place: "chatting", half: HALF });
        const [ended, back] = await Promise.all([
          records.endHalf(session, CHAT, EPOCH, NOW_MS),
          admit(session, { epoch: EPOCH + 4, address: THERE }),
        ]);
        const first = ended.answer === "ended" ? { place: "idle", over: OVER } : { place: "chatting", half: HALF };
        expect(back).toEqual({ answer: "back", standing: first, before: [HERE] });
      }
    });

    test("[R7] where: only a record that names the chat as ended says that it is over", async () => {
      const session = anySession();
      expect(await records.where(session, CHAT)).toEqual({ chat: "unknown" });
      await admit(session);
      const at = { address: HERE, epoch: EPOCH };
      expect(await records.where(session, CHAT)).toEqual({ chat: "unknown", ...at });
      await write(session, { place: "proposed", details: "x" });
      expect(await records.where(session, CHAT)).toEqual({ chat: "unknown", ...at });
      await write(session, { place: "chatting", half: HALF }, { rev: 2 });
      expect(await records.where(session, CHAT)).toEqual({ chat: "in", ...at });
      expect(await records.where(session, OTHER_CHAT)).toEqual({ chat: "unknown", ...at });
      await write(session, { place: "seeking", details: "x", over: OVER }, { rev: 3 });
      expect(await records.where(session, CHAT)).toEqual({ chat: "over", ...at });
    });

    test("[R8] touch names those with a higher epoch and those without a record, in any number", async () => {
      const kept = Array.from({ length: 300 }, anySession);
      await Promise.all(kept.map((session) => admit(session)));
      const moved = kept[17] as SessionId;
      await admit(moved, { epoch: EPOCH + 4, address: THERE });
      const gone = anySession();
      const all = [...kept, gone].map((session) => ({ session, epoch: EPOCH }));
      expect(await records.touch(all)).toEqual({ lower: [moved], missing: [gone] });
      expect(await records.touch([])).toEqual({ lower: [], missing: [] });
      expect(await records.touch([{ session: moved, epoch: EPOCH + 400 }])).toEqual({ lower: [], missing: [] });
    });

    test("[R8] after a touch the record still says where the person stands", async () => {
      const session = anySession();
      await write(session, { place: "chatting", half: HALF, over: OVER });
      await admit(session, { epoch: EPOCH + 4, address: THERE });
      await records.touch([{ session, epoch: EPOCH + 4 }]);
      const stood = { place: "chatting", half: HALF, over: OVER };
      expect(await standing(session)).toEqual({ answer: "back", standing: stood, before: [THERE] });
    });

    test("[R9] forgetting erases the record, also one that is not there", async () => {
      const session = anySession();
      await records.forget(session);
      await admit(session);
      await records.forget(session);
      expect(await records.holderOf(session)).toBeUndefined();
      expect(await admit(session)).toEqual({ answer: "new" });
    });

    test("[R10] 64 partitions have a generation each, which stays", async () => {
      const first = await records.generations(NOW_MS);
      expect(first.length).toBe(64);
      expect(await records.generations(NOW_MS + 60_000)).toEqual(first);
      const desk = await records.deskGeneration(NOW_MS);
      expect(await records.deskGeneration(NOW_MS + 60_000)).toBe(desk);
    });
  });

  test(`[R11] ${name}: a missing record of a young partition is waited for, unless the session is fresh`, async () => {
    const records = await open({ ...RECORDS_SETTINGS, settleMs: 5_000 });
    const ask: AdmitAsk = { session: anySession(), epoch: 4, attempt: 1, fresh: false, device: DEVICE, address: HERE };
    await records.generations(NOW_MS);
    expect(await records.admit(ask, NOW_MS)).toEqual({ answer: "wait" });
    expect(await records.admit(ask, NOW_MS + 4_999)).toEqual({ answer: "wait" });
    // A clock behind the one that saw the birth waits too, but not for the difference of the clocks.
    expect(await records.admit(ask, NOW_MS - 3_000)).toEqual({ answer: "wait" });
    expect(await records.holderOf(ask.session)).toBeUndefined();
    expect(await records.admit({ ...ask, session: anySession(), fresh: true }, NOW_MS)).toEqual({ answer: "new" });
    const chatting: Standing = { place: "chatting", half: HALF };
    await records.write({ ...ask, rev: 1, address: THERE, standing: chatting }, NOW_MS);
    const back = await records.admit({ ...ask, epoch: 8 }, NOW_MS + 100);
    expect(back).toEqual({ answer: "back", standing: chatting, before: [THERE] });
    expect(await records.admit({ ...ask, session: anySession() }, NOW_MS + 5_000)).toEqual({ answer: "new" });
    await records.close();
  });

  test(`[R4] ${name}: a banned person's admission is not the birth of a partition`, async () => {
    const records = await open({ ...RECORDS_SETTINGS, settleMs: 5_000 });
    const ask: AdmitAsk = { session: anySession(), epoch: 4, attempt: 1, fresh: false, device: DEVICE, address: HERE };
    await records.ban(DEVICE, NOW_MS + 60_000, "spam", NOW_MS);
    expect(await records.admit(ask, NOW_MS)).toMatchObject({ answer: "banned" });
    expect(await records.admit({ ...ask, device: STRANGER }, NOW_MS + 6_000)).toEqual({ answer: "wait" });
    await records.close();
  });

  test(`[R12] ${name}: a record that nobody writes or touches is gone after its time`, async () => {
    const records = await open({ ttlMs: 400, settleMs: 0 });
    const [kept, left] = [anySession(), anySession()];
    for (const session of [kept, left])
      await records.admit({ session, epoch: 4, attempt: 1, fresh: true, device: DEVICE, address: HERE }, NOW_MS);
    let touched: readonly SessionId[] = [];
    await until("the one is gone", async () => {
      ({ missing: touched } = await records.touch([{ session: kept, epoch: 4 }]));
      return (await records.holderOf(left)) === undefined;
    });
    expect(touched).toEqual([]);
    expect(await records.holderOf(kept)).toEqual({ epoch: 4, device: DEVICE });
    await records.close();
  });
}
