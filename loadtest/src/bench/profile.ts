/** One function's share of the CPU time of a window, as a process of the bench tells it. */
export type HotSpot = { readonly name: string; readonly file: string; readonly share: number };
/** What was under way while it was sampled, and where the time went. */
export type Profile = { readonly title: string; readonly spots: readonly HotSpot[] };
export type Part = { readonly part: string; readonly share: number };

type Row = { readonly part: string; readonly name?: RegExp; readonly file?: RegExp };

/** Which part of the product a function's time is counted to; the first row that fits counts. */
const ROWS: readonly Row[] = [
  {
    part: "writing to sockets (`send` of the library: one system call a frame)",
    name: /^(send|end|cork)$/,
    file: /^$/,
  },
  { part: "reading from sockets (system calls, unmasking)", name: /^\(reading sockets/ },
  { part: "Ed25519 (`verify` of node:crypto)", name: /^(run|verify\w*|SignJob|Sign|toBuf)$/, file: /^$|crypto/ },
  { part: "the handshake in the library", name: /^(upgrade|getHeader|writeStatus)$/, file: /^$/ },
  { part: "garbage collection", name: /^\(garbage/ },
  { part: "content filter", file: /^pool\/src\/content\// },
  { part: "content filter", name: /^RegExp:/ },
  {
    part: "frames: decode and encode",
    file: /^shared\/src\/protocol\/|^node:buffer|^node:internal\/(buffer|encoding)/,
  },
  { part: "frames: decode and encode", name: /^(utf8Slice|parse|stringify|encode\w*|decode\w*)$/, file: /^$/ },
  { part: "decisions (`step*`, meters)", file: /^pool\/src\/shard\/(step[a-z-]*|meter|event|session|standing)\.ts/ },
  { part: "tickets and ids", file: /^shared\/src\/(credentials|base)\// },
  { part: "the shard around them (listener, hub, loop, effects)", file: /^pool\/src\/shard\// },
  {
    part: "memos and the bus",
    file: /^shared\/src\/bus|^pool\/src\/(runtime|adapters)\/|node_modules\/nats|^node:(net|internal\/stream)/,
  },
  { part: "memos and the bus", name: /^write|^RandomBytesJob$/, file: /^$/ },
];
const REST = "the rest of Node and V8";

/** The shares of the parts, most first. */
export function partsOf(spots: readonly HotSpot[]): readonly Part[] {
  const shares = new Map<string, number>();
  for (const { name, file, share } of spots) {
    const row = ROWS.find((one) => (one.name?.test(name) ?? true) && (one.file?.test(file) ?? true));
    const part = row?.part ?? REST;
    shares.set(part, (shares.get(part) ?? 0) + share);
  }
  return [...shares].map(([part, share]) => ({ part, share })).sort((a, b) => b.share - a.share);
}
