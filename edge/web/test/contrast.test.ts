import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const [day = "", night = ""] = readFileSync(new URL("../styles/tokens.css", import.meta.url), "utf8").split("@media");
const colours = (css: string): Readonly<Record<string, string>> =>
  Object.fromEntries([...css.matchAll(/--([a-z-]+): (#[0-9a-f]{6})/g)].map(([, name, hex]) => [name, hex]));
const PALETTES = { day: colours(day), night: { ...colours(day), ...colours(night) } };

/** Relative luminance (WCAG 2.2). */
function luminance(hex: string): number {
  const part = (at: number): number => {
    const share = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5);
}
function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

const GROUNDS = ["paper", "raised", "sunk"];
const TEXTS: readonly (readonly [string, readonly string[]])[] = [
  ["ink", GROUNDS],
  ["ink-soft", GROUNDS],
  ["accent-ink", GROUNDS],
  ["firm-ink", ["firm", "firm-hover"]],
  ["mine-ink", ["mine"]],
];
/** What is no text but must be seen: rings, arcs, edges of boxes. */
const SHAPES = ["accent", "line-firm"];

test.each(Object.entries(PALETTES))("[V10] by %s every text stands out 4.5 to 1, every shape 3 to 1", (_, palette) => {
  const of = (name: string): string => {
    const hex = palette[name];
    if (hex === undefined) throw new Error(`no colour ${name}`);
    return hex;
  };
  const weak: string[] = [];
  const check = (name: string, ground: string, least: number): void => {
    const found = contrast(of(name), of(ground));
    if (found < least) weak.push(`${name} on ${ground}: ${found.toFixed(2)} < ${least}`);
  };
  for (const [name, grounds] of TEXTS) for (const ground of grounds) check(name, ground, 4.5);
  for (const name of SHAPES) for (const ground of ["paper", "raised"]) check(name, ground, 3);
  check("firm-accent", "firm", 3);
  if (contrast("#14110f", of("accent")) < 4.5) weak.push("ink on accent");
  expect(weak).toEqual([]);
});
