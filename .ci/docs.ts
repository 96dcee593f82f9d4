import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { statesPage } from "../pool/test/support/states-table.ts";
import { PIECES, putPiece } from "../shared/test/docs/pages.ts";
import { ROOT } from "./steps.ts";

// `npm run docs`: writes the generated pieces of the documentation anew.

async function write(page: string, make: (before: string) => string): Promise<void> {
  const path = join(ROOT, page);
  const before = await readFile(path, "utf8");
  const after = make(before);
  if (after !== before) await writeFile(path, after);
  process.stdout.write(`${after === before ? "unchanged" : "written  "} ${page}\n`);
}

for (const page of new Set(PIECES.map((piece) => piece.page))) {
  const pieces = PIECES.filter((piece) => piece.page === page);
  await write(page, (before) => pieces.reduce((text, { name, make }) => putPiece(text, name, make()), before));
}
await write("docs/STATES.md", statesPage);
