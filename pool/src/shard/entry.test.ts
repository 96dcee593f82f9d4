import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Entry, type House } from "./entry.ts";

/** A house of one machine with one port, which several may share. */
class FakeHouse implements House {
  connections = 0;
  ears = 0;
  wasCut = false;
  readonly #port: { isTaken: boolean };
  constructor(port: { isTaken: boolean }) {
    this.#port = port;
  }
  listen(port: number) {
    if (this.#port.isTaken) return undefined;
    this.ears++;
    return { port: port === 0 ? 4_711 : port, close: () => void this.ears-- };
  }
  cut(): void {
    this.wasCut = true;
  }
}

let houses: FakeHouse[];
let port: { isTaken: boolean };

function open(options: { sharesPort?: boolean; socketsMax?: number } = {}): Entry {
  const told = { port: 0, sharesPort: true, socketsMax: 3, ...options };
  return new Entry(told, true, () => {
    const house = new FakeHouse(port);
    houses.push(house);
    return house;
  });
}

const come = (entry: Entry, at: number, change: 1 | -1 = 1): void => entry.count(houses[at] as FakeHouse, change);
const listening = (): readonly number[] => houses.map(({ ears }) => ears);

beforeEach(() => {
  houses = [];
  port = { isTaken: false };
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("[O24] after a renewal the newest alone listens, also when it happened while full or paused", () => {
  const entry = open();
  expect(entry.open()).toBe(true);
  entry.renew();
  expect(listening()).toEqual([0, 1]);
  for (let i = 0; i < 3; i++) come(entry, 1);
  expect(entry.isListening).toBe(false);
  entry.renew();
  expect(listening()).toEqual([0, 0, 0]);
  come(entry, 1, -1);
  vi.runAllTimers();
  expect(listening()).toEqual([0, 0, 1]);
  entry.pause();
  entry.renew();
  vi.runAllTimers();
  expect(listening()).toEqual([0, 0, 0, 0]);
  entry.resume();
  vi.runAllTimers();
  expect(listening()).toEqual([0, 0, 0, 1]);
});

test("[O24] whoever is in an older house is counted, and cut with the rest; an empty one is let go of", () => {
  const entry = open();
  entry.open();
  come(entry, 0);
  come(entry, 0);
  entry.renew();
  come(entry, 1);
  expect(entry.isListening).toBe(false); // three in two houses
  entry.renew();
  come(entry, 1, -1);
  entry.close();
  expect(houses.map(({ wasCut }) => wasCut)).toEqual([true, false, true]);
});

test("[O24] a port that cannot be had for the newest is tried again, and the old one is not left open", () => {
  const entry = open();
  entry.open();
  port.isTaken = true;
  entry.renew();
  expect(listening()).toEqual([0, 0]);
  vi.advanceTimersByTime(2_500);
  expect(entry.isListening).toBe(false);
  port.isTaken = false;
  vi.advanceTimersByTime(1_000);
  expect(listening()).toEqual([0, 1]);
});

test("[O22] a renewal that the library refuses changes nothing", () => {
  let isBroken = false;
  const entry = new Entry({ port: 1, sharesPort: false, socketsMax: 3 }, true, () => {
    if (isBroken) throw new Error("App construction failed");
    const house = new FakeHouse(port);
    houses.push(house);
    return house;
  });
  entry.open();
  isBroken = true;
  expect(() => entry.renew()).toThrow();
  expect(listening()).toEqual([1]);
  expect(entry.isListening).toBe(true);
});
