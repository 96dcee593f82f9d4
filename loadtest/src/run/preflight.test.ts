import fc from "fast-check";
import { expect, test } from "vitest";
import { hostIn, readHost } from "./host.ts";
import { capacityOf, type Host, type Need, preflight, sharesOf } from "./preflight.ts";

const HOST: Host = {
  descriptorsMax: 20_000,
  filesLeft: 2_000_000,
  ports: 28_232,
  memoryBytes: 20 * 2 ** 30,
  cpus: 2,
};
const HERE = "http://127.0.0.1:8787";
const AWAY = "https://chat.example";
const NEED: Need = {
  connections: 10_000,
  workers: 1,
  sourceIps: ["127.0.0.1", "127.0.0.2"],
  target: HERE,
  chatShare: 0.1,
  textEveryMs: 10_000,
};

const FITS: readonly (readonly [what: string, need: Partial<Need>, host: Partial<Host>, workers: number])[] = [
  ["ten thousand in one process", {}, {}, 1],
  ["as many workers as were asked for", { workers: 3 }, {}, 3],
  ["a worker more than asked for where descriptors are few", { connections: 12_000 }, { descriptorsMax: 10_000 }, 2],
  ["exactly two addresses full", { connections: 18_000 }, {}, 2],
  ["an unlimited hard limit", {}, { descriptorsMax: Number.MAX_SAFE_INTEGER }, 1],
  ["one socket", { connections: 1, sourceIps: [] }, {}, 1],
  ["nobody who talks", { textEveryMs: 0 }, {}, 1],
  ["as many texts as one processor carries", { chatShare: 1, textEveryMs: 100 }, { cpus: 2 }, 1],
];

test.each(FITS)("what is wanted fits: %s", (_what, need, host, workers) => {
  expect(preflight({ ...NEED, ...need }, { ...HOST, ...host })).toEqual({ ok: true, workers });
});

const LACKS: readonly (readonly [what: string, need: Partial<Need>, host: Partial<Host>, line: string])[] = [
  ["descriptors", {}, { descriptorsMax: 200 }, "raise its hard limit (ulimit -Hn) to 1200 or more"],
  ["files, both ends here", {}, { filesLeft: 15_000 }, "15,000 more files and 20,000 are needed: raise fs.file-max by"],
  ["files, one end here", { target: AWAY }, { filesLeft: 9_999 }, "raise fs.file-max by 1"],
  [
    "addresses",
    { connections: 18_001 },
    {},
    "2 source addresses carry 18,000 sockets: give 3 addresses to --source-ips, start agents on 2 machines, or write",
  ],
  ["addresses, none named", { target: AWAY, sourceIps: [] }, {}, "1 source address carries 9,000 sockets: give 2"],
  ["ports", {}, { ports: 2_500 }, "2 source addresses carry 1,000 sockets: give 20 addresses"],
  ["any port at all", {}, { ports: 1_000 }, "widen net.ipv4.ip_local_port_range to 11000 ports or more"],
  ["memory", {}, { memoryBytes: 2 ** 28 + 2 ** 27 }, "MiB are free: free "],
  ["memory even for a process", {}, { memoryBytes: 2 ** 20 }, "and 1 MiB are free: free "],
  [
    "processors",
    { chatShare: 1, textEveryMs: 50 },
    {},
    "200,000 texts/s keep 4 processors busy and there are 2: ask for 120,000 texts/s or fewer",
  ],
];

test.each(LACKS)("what lacks is said with its remedy: %s", (_what, need, host, line) => {
  const fit = preflight({ ...NEED, ...need }, { ...HOST, ...host });
  const lacks = fit.ok ? [] : fit.lacks;
  expect(lacks.filter((one) => one.includes(line))).toHaveLength(1);
  for (const one of lacks) expect(one).not.toMatch(/NaN|Infinity|-\d|\n/);
});

test("everything that lacks is said at once", () => {
  const poor = { descriptorsMax: 100, filesLeft: 10, ports: 100, memoryBytes: 2 ** 20, cpus: 1 };
  const fit = preflight({ ...NEED, chatShare: 1, textEveryMs: 10 }, poor);
  expect(fit.ok ? [] : fit.lacks).toHaveLength(4);
});

test("what a line advises is enough", () => {
  const tight = { ...HOST, memoryBytes: 2 ** 29 };
  const fit = preflight({ ...NEED, connections: 18_000 }, tight);
  const advised = Number(/--connections (\d+)/.exec(fit.ok ? "" : fit.lacks.join())?.[1]);
  expect(advised).toBeGreaterThan(1_000);
  expect(preflight({ ...NEED, connections: advised }, tight).ok).toBe(true);
});

test("a machine's capacity is the most that fits", () => {
  const wanted = { ...NEED, connections: 1_000_000 };
  expect(capacityOf(wanted, HOST)).toBe(18_000);
  expect(preflight({ ...wanted, connections: 18_000 }, HOST).ok).toBe(true);
  expect(capacityOf({ ...NEED, connections: 500 }, HOST)).toBe(500);
  expect(capacityOf(wanted, { ...HOST, descriptorsMax: 10 })).toBe(0);
});

test("shares cover everybody once, in order, tear no couple, and keep to the weights", () => {
  const weights = fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 80 });
  fc.assert(
    fc.property(fc.nat(1_000), fc.integer({ min: 1, max: 1_000_000 }), weights, (couple, count, given) => {
      const shares = sharesOf(couple * 2, count, given);
      let next = couple * 2;
      for (const share of shares) {
        expect(share.from).toBe(next);
        if (share.count > 0) expect(share.from % 2).toBe(0);
        expect(share.count).toBeGreaterThanOrEqual(0);
        next += share.count;
      }
      expect(next).toBe(couple * 2 + count);
      expect(shares).toHaveLength(given.length);
      const most = (Math.max(...given) / given.reduce((all, one) => all + one, 0)) * (count + 1);
      for (const share of shares) expect(share.count).toBeLessThanOrEqual(Math.ceil(most) + 2);
    }),
  );
});

test("the machine's own files are read", async () => {
  const host = await readHost();
  for (const value of Object.values(host)) expect(value).toBeGreaterThan(0);
});

test.each([
  ["nothing", "", "", "", ""],
  ["limits without files", "Max processes 1 1 processes", "1 0 9", "1 2", "MemAvailable: 1 kB"],
  ["another system's memory", "Max open files  1024  4096  files", "1 0 9", "1 2", "free: 9"],
])("files that tell nothing are refused: %s", (_what, limits, files, ports, memory) => {
  expect(() => hostIn(limits, files, ports, memory)).toThrow("runs on Linux");
});

test("what the files say is what is taken", () => {
  const limits = "Limit  Soft Limit  Hard Limit  Units\nMax open files            1024                 4096    files\n";
  expect(hostIn(limits, "3207\t0\t10000\n", "32768\t60999\n", "MemFree: 1 kB\nMemAvailable:   2048 kB\n")).toEqual({
    descriptorsMax: 4_096,
    filesLeft: 6_793,
    ports: 28_232,
    memoryBytes: 2_097_152,
  });
  expect(hostIn(limits.replace("4096", "unlimited"), "1 0 9", "1 2", "MemAvailable: 1 kB").descriptorsMax).toBe(
    Number.MAX_SAFE_INTEGER,
  );
});
