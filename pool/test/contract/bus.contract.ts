import { expect, test } from "vitest";
import type { Bus } from "../../src/ports.ts";
import { until } from "../support/until.ts";

/** One deployment's bus: as many roles as asked for, and an outage that all of them feel. */
export type BusWorld = {
  join(onFault?: (error: unknown) => void): Promise<Bus>;
  /** The bus goes away, and resolves when everybody noticed. */
  down(): Promise<void>;
  /** It is there again, and resolves when it can be reached; members may still be dialling. */
  up(): Promise<void>;
  close(): Promise<void>;
};

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

/** The promises of a Bus. Run against memory on each commit and against a real nats-server. */
export function busContract(name: string, open: () => Promise<BusWorld>): void {
  const check = (title: string, body: (world: BusWorld) => Promise<void>): void => {
    test(title.replace("] ", `] ${name}: `), async () => {
      const world = await open();
      try {
        await body(world);
      } finally {
        await world.close();
      }
    });
  };
  /** Resolves when `to` hears what `from` publishes: everything before has then arrived, too. */
  const settle = async (from: Bus, to: Bus): Promise<void> => {
    let heard = false;
    const stop = to.listen("t.settle", () => {
      heard = true;
    });
    await to.flush();
    await until("the bus has settled", () => {
      from.publish("t.settle", bytes(0));
      return heard;
    });
    stop.stop();
  };

  check("[B4] everyone who listens hears each payload once, in order", async (world) => {
    const [sender, one, two] = [await world.join(), await world.join(), await world.join()];
    const heard: number[][] = [[], [], []];
    one.listen("t.a", (payload) => void heard[0]?.push(payload[0] ?? -1));
    one.listen("t.a", (payload) => void heard[1]?.push(payload[0] ?? -1));
    two.listen("t.a", (payload) => void heard[2]?.push(payload[0] ?? -1));
    two.listen("t.b", () => expect.unreachable("another subject"));
    await Promise.all([one.flush(), two.flush()]);
    for (let i = 0; i < 200; i++) sender.publish("t.a", bytes(i));
    await until("all have heard all", () => heard.every((list) => list.length === 200));
    await settle(sender, one);
    for (const list of heard) expect(list).toEqual(Array.from({ length: 200 }, (_, i) => i));
  });

  check("[B4] who publishes and listens hears itself, and never before `publish` returned", async (world) => {
    const bus = await world.join();
    let heard = 0;
    bus.listen("t.a", () => void heard++);
    await bus.flush();
    bus.publish("t.a", bytes(1));
    expect(heard).toBe(0);
    await until("it came back", () => heard === 1);
  });

  check("[B5] of a group one hears each payload, and all of it get some", async (world) => {
    const [sender, one, two] = [await world.join(), await world.join(), await world.join()];
    const heard: [string, number][] = [];
    for (const [who, bus] of [
      ["one", one],
      ["two", two],
    ] as const) {
      bus.listen("t.g", (payload) => void heard.push([who, payload[0] ?? -1]), { group: "desk" });
    }
    let besides = 0;
    two.listen("t.g", () => void besides++);
    await Promise.all([one.flush(), two.flush()]);
    for (let i = 0; i < 200; i++) sender.publish("t.g", bytes(i));
    await until("each was heard", () => heard.length === 200 && besides === 200);
    await settle(sender, two);
    expect(new Set(heard.map(([, value]) => value)).size).toBe(200);
    expect(new Set(heard.map(([who]) => who)).size).toBe(2);
  });

  check("[B5] a group goes on when one of it leaves", async (world) => {
    const [sender, one, two] = [await world.join(), await world.join(), await world.join()];
    let heard = 0;
    one.listen("t.g", () => void heard++, { group: "desk" });
    two.listen("t.g", () => void heard++, { group: "desk" });
    await Promise.all([one.flush(), two.flush()]);
    await one.close();
    await settle(sender, two);
    for (let i = 0; i < 50; i++) sender.publish("t.g", bytes(i));
    await until("the one who is left heard all", () => heard === 50);
  });

  check("[B6] after stop and after close there is silence, also for what was on its way", async (world) => {
    const [sender, bus] = [await world.join(), await world.join()];
    let heard = 0;
    const listening = bus.listen("t.a", () => void heard++);
    await bus.flush();
    sender.publish("t.a", bytes(1));
    listening.stop();
    listening.stop();
    await settle(sender, bus);
    expect(heard).toBe(0);
    bus.listen("t.a", () => void heard++);
    await bus.close();
    sender.publish("t.a", bytes(2));
    bus.publish("t.a", bytes(3));
    await sender.flush();
    await bus.flush();
    expect(bus.isUp()).toBe(false);
    expect(heard).toBe(0);
  });

  check("[B6] of two listeners of which each stops the other, one hears", async (world) => {
    const [sender, bus] = [await world.join(), await world.join()];
    const heard: string[] = [];
    const one = bus.listen("t.a", () => {
      heard.push("one");
      two.stop();
    });
    const two = bus.listen("t.a", () => {
      heard.push("two");
      one.stop();
    });
    await bus.flush();
    sender.publish("t.a", bytes(1));
    await settle(sender, bus);
    expect(heard.length).toBe(1);
  });

  check(
    "[B7] while the bus is away publishing is quiet and lost; listeners and onUp are there after it",
    async (world) => {
      const [sender, bus] = [await world.join(), await world.join()];
      const heard: number[] = [];
      let ups = 0;
      bus.listen("t.a", (payload) => void heard.push(payload[0] ?? -1));
      bus.onUp(() => void ups++);
      const stopped = bus.onUp(() => expect.unreachable("stopped"));
      stopped.stop();
      await settle(sender, bus);
      expect(bus.isUp()).toBe(true);
      await world.down();
      await until("both know", () => !bus.isUp() && !sender.isUp());
      for (let i = 0; i < 10; i++) sender.publish("t.a", bytes(i));
      await sender.flush();
      await world.up();
      await until("both are back", () => bus.isUp() && sender.isUp() && ups === 1);
      await settle(sender, bus);
      sender.publish("t.a", bytes(99));
      await until("it works again", () => heard.includes(99));
      expect(heard).toEqual([99]);
      expect(ups).toBe(1);
    },
  );

  check("[B7] who starts to listen while the bus is away hears once it is back", async (world) => {
    const [sender, bus] = [await world.join(), await world.join()];
    await world.down();
    await until("both know", () => !bus.isUp() && !sender.isUp());
    let heard = 0;
    bus.listen("t.late", () => void heard++);
    await world.up();
    await until("both are back", () => bus.isUp() && sender.isUp());
    await settle(sender, bus);
    sender.publish("t.late", bytes(1));
    await until("it was heard", () => heard === 1);
  });

  check("[B8] what arrives is byte for byte what was published, from nothing to half a mebibyte", async (world) => {
    const [sender, bus] = [await world.join(), await world.join()];
    const heard: Uint8Array[] = [];
    bus.listen("t.a", (payload) => void heard.push(Uint8Array.from(payload)));
    await bus.flush();
    const long = Uint8Array.from({ length: 524_288 }, (_, i) => i % 251);
    for (const payload of [bytes(), bytes(13, 10, 0, 255), long, bytes(1)]) sender.publish("t.a", payload);
    await until("all came", () => heard.length === 4);
    expect(heard.map((payload) => payload.length)).toEqual([0, 4, 524_288, 1]);
    expect(heard[1]).toEqual(bytes(13, 10, 0, 255));
    expect(Buffer.compare(heard[2] ?? bytes(), long)).toBe(0);
  });

  check("[B9] a listener that throws hurts nobody else, and its fault is told", async (world) => {
    const faults: unknown[] = [];
    const [sender, bus] = [await world.join(), await world.join((error) => void faults.push(error))];
    let heard = 0;
    bus.listen("t.a", () => {
      throw new RangeError("theirs");
    });
    bus.listen("t.a", () => void heard++);
    await bus.flush();
    for (let i = 0; i < 5; i++) sender.publish("t.a", bytes(i));
    await until("the other heard all", () => heard === 5 && faults.length === 5);
    expect(faults[0]).toBeInstanceOf(RangeError);
    expect(bus.isUp()).toBe(true);
  });

  check("[B10] flush resolves when what was published has arrived at the bus, also while it is away", async (world) => {
    const bus = await world.join();
    bus.publish("t.a", bytes(1));
    await bus.flush();
    await world.down();
    await until("it knows", () => !bus.isUp());
    bus.publish("t.a", bytes(1));
    await bus.flush();
    await world.up();
    await until("it is back", () => bus.isUp());
    await bus.flush();
  });

  check(
    "[B15] a star as the last word hears any one word there, and nothing shorter, longer or beside",
    async (world) => {
      const [sender, bus] = [await world.join(), await world.join()];
      const heard: number[] = [];
      const all = bus.listen("t.w.*", (payload) => void heard.push(payload[0] ?? -1));
      const one: number[] = [];
      bus.listen("t.w.a", (payload) => void one.push(payload[0] ?? -1));
      await bus.flush();
      for (const [at, subject] of ["t.w.a", "t.w.b", "t.w", "t.w.a.b", "t.x.a"].entries())
        sender.publish(subject, bytes(at));
      await settle(sender, bus);
      expect(heard).toEqual([0, 1]);
      expect(one).toEqual([0]);
      all.stop();
      sender.publish("t.w.b", bytes(9));
      await settle(sender, bus);
      expect(heard).toEqual([0, 1]);
    },
  );
}
