import { options, scenarios, tiers } from "./loadtest.ts";
import {
  clerkSettings,
  commonSettings,
  edgeSettings,
  matcherSettings,
  poolSettings,
  shardSettings,
  worldSettings,
} from "./settings.ts";
import { clientFrames, closeCodes, frameErrors, httpErrors, memos, serverFrames } from "./tables.ts";

/** One generated piece of a page: it stands between the marks of its name. */
export type Piece = { readonly page: string; readonly name: string; make(): string };

/**
 * Every piece of the documentation that a program writes. `npm run docs` puts them in place, `docs.test.ts` compares.
 */
export const PIECES: readonly Piece[] = [
  { page: "docs/PROTOCOL.md", name: "client frames", make: clientFrames },
  { page: "docs/PROTOCOL.md", name: "server frames", make: serverFrames },
  { page: "docs/PROTOCOL.md", name: "frame errors", make: frameErrors },
  { page: "docs/PROTOCOL.md", name: "close codes", make: closeCodes },
  { page: "docs/PROTOCOL.md", name: "HTTP errors", make: httpErrors },
  { page: "docs/MEMOS.md", name: "memos", make: memos },
  { page: "docs/SETTINGS.md", name: "common settings", make: commonSettings },
  { page: "docs/SETTINGS.md", name: "shard settings", make: shardSettings },
  { page: "docs/SETTINGS.md", name: "pool settings", make: poolSettings },
  { page: "docs/SETTINGS.md", name: "clerk settings", make: clerkSettings },
  { page: "docs/SETTINGS.md", name: "matcher settings", make: matcherSettings },
  { page: "docs/SETTINGS.md", name: "edge settings", make: edgeSettings },
  { page: "docs/SETTINGS.md", name: "world settings", make: worldSettings },
  { page: "docs/LOADTEST.md", name: "scenarios", make: scenarios },
  { page: "docs/LOADTEST.md", name: "tiers", make: tiers },
  { page: "docs/LOADTEST.md", name: "options", make: options },
];

const opening = (name: string): string => `<!-- generated: ${name} (npm run docs) -->`;
const CLOSING = "<!-- end of generated -->";

/** What stands between the marks of `name`, or `undefined` when the page has no such marks. */
export function pieceIn(page: string, name: string): string | undefined {
  const [, after] = page.split(`${opening(name)}\n\n`);
  return after?.split(`\n\n${CLOSING}`)[0];
}

/** The page with `text` between the marks of `name`, which must be there. */
export function putPiece(page: string, name: string, text: string): string {
  const from = page.indexOf(opening(name));
  const to = page.indexOf(CLOSING, from);
  if (from < 0 || to < 0) throw new Error(`the page has no marks for "${name}": ${opening(name)} … ${CLOSING}`);
  return `${page.slice(0, from)}${opening(name)}\n\n${text}\n\n${page.slice(to)}`;
}
