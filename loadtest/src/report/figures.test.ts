import { expect, test } from "vitest";
import { valueText } from "./figures.ts";

test.each([
  [0, "ms", "0 ms"],
  [0.001, "ms", "0.001 ms"],
  [0.0123456, "ms", "0.0123 ms"],
  [2.8349, "ms", "2.83 ms"],
  [12.345, "ms", "12.3 ms"],
  [1_234.5, "ms", "1,235 ms"],
  [12_345, "ms", "12.3 s"],
  [0.001, "share", "0.1 %"],
  [0.00004, "share", "0.004 %"],
  [1, "share", "100 %"],
  [3 * 2 ** 20, "bytes", "3.00 MiB"],
  [1_000_000, "count", "1,000,000"],
  [0.5, "per_s", "0.5/s"],
  [Number.NaN, "ms", "NaN ms"],
] as const)("%d as %s is shown as %s", (value, unit, text) => {
  expect(valueText(value, unit)).toBe(text);
});
