import fc from "fast-check";

// What may happen to a desk, for random lives of it.

export const PEOPLE = 7;
export const SHARDS = ["p1", "p2", "p3"] as const;
const SPANS_MS = [
  0, 0, 1, 1, 1, 200, 200, 200, 999, 1_000, 2_000, 5_000, 10_000, 15_000, 25_000, 60_000, 90_000,
] as const;

export type Act =
  | { readonly act: "pass"; readonly span: number; readonly most: number }
  | {
      readonly act: "seek";
      readonly who: number;
      readonly more: number;
      readonly interests: readonly string[];
      readonly languages: readonly string[];
      readonly waitedMs: number;
      readonly keeps: boolean;
      readonly list: boolean;
    }
  | { readonly act: "cancel" | "aside" | "regain"; readonly who: number; readonly more: number }
  | {
      readonly act: "take" | "refuse" | "accept" | "decline" | "told";
      readonly who: number;
      readonly both: boolean;
      readonly older: boolean;
    }
  | { readonly act: "count" | "end"; readonly shard: number; readonly off: number; readonly more: number }
  | { readonly act: "never"; readonly a: number; readonly b: number; readonly forMs: number }
  | { readonly act: "again"; readonly back: number };

const who = fc.nat(PEOPLE - 1);
/** Mostly newer, sometimes the same, sometimes older. */
const more = fc.constantFrom(-1, 0, 1, 1, 1, 1, 1);
const words = (...of: readonly string[]) => fc.subarray([...of]);

/** Sequences of what happens to a desk. */
export const acts = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        act: fc.constant("pass" as const),
        span: fc.constantFrom(...SPANS_MS),
        most: fc.constantFrom(1, 3, 64),
      }),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        act: fc.constant("seek" as const),
        who,
        more,
        interests: fc.oneof(fc.constant([]), words("a", "b,c", "é")),
        languages: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: words("en", "fr") }),
        waitedMs: fc.constantFrom(0, 0, 0, 9_999, 10_000, 25_000),
        keeps: fc.boolean(),
        list: fc.boolean(),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ act: fc.constantFrom("cancel" as const, "aside" as const, "regain" as const), who, more }),
    },
    {
      weight: 8,
      arbitrary: fc.record({
        act: fc.constantFrom(...(["take", "take", "take", "accept", "accept", "refuse", "decline", "told"] as const)),
        who,
        both: fc.boolean(),
        older: fc.constantFrom(false, false, false, true),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        act: fc.constantFrom("count" as const, "end" as const),
        shard: fc.nat(SHARDS.length - 1),
        off: fc.constantFrom(0, 0, 1, -1),
        more,
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        act: fc.constant("never" as const),
        a: who,
        b: who,
        forMs: fc.constantFrom(1_000, 20_000, 700_000),
      }),
    },
    { weight: 3, arbitrary: fc.record({ act: fc.constant("again" as const), back: fc.nat(20) }) },
  ),
  { minLength: 5, maxLength: 80, size: "max" },
);
