import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { PageParts } from "./page.ts";

const library = createRequire(import.meta.url);
const beside = (name: string): string => readFileSync(new URL(name, import.meta.url), "utf8");
const ofLibrary = (name: string): string => readFileSync(library.resolve(`uplot/dist/${name}`), "utf8");

/** Reads what a report's page is made of: our two files, and the plotting library's. */
export const readPageParts = (): PageParts => ({
  css: beside("./page.css"),
  plots: beside("./plots.js"),
  uplotCss: ofLibrary("uPlot.min.css"),
  uplotJs: ofLibrary("uPlot.iife.min.js"),
});
