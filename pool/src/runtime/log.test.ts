import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createLog } from "./log.ts";
import { LOG_EVENTS } from "./log-events.ts";

function logged(say: (log: ReturnType<typeof createLog>) => void, level: "info" | "error" = "info") {
  const lines: string[] = [];
  say(createLog({ level, base: { region: "eu-west" }, write: (line) => void lines.push(line) }));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

test("a listed event is written with its listed fields, time and place", () => {
  const [line] = logged((log) => log.warn("keys_fetch_failed", { failures: 3, keys: 0 }));
  expect(line).toMatchObject({ level: "warn", region: "eu-west", event: "keys_fetch_failed", failures: 3, keys: 0 });
  expect(Date.parse(String(line?.time))).toBeGreaterThan(0);
});

test("what is not listed is withheld: names, fields, words and sorts", () => {
  const secret = "a-stranger's-words";
  const lines = logged((log) => {
    log.info(secret, { failures: 1 });
    log.info("constructor", { name: secret });
    log.info("keys_fetch_failed", { [secret]: 1, failures: secret, keys: 2 });
    log.info("records_away", { refused: secret });
    log.error("promise_broken", { promise: "session 9fK3-xx of 10.0.0.1" });
  });
  expect(JSON.stringify(lines)).not.toContain(secret);
  expect(JSON.stringify(lines)).not.toContain("9fK3");
  expect(lines.map(({ event, withheld, keys }) => ({ event, withheld, keys }))).toEqual([
    { event: "unlisted" },
    { event: "unlisted" },
    { event: "keys_fetch_failed", withheld: 2, keys: 2 },
    { event: "records_away", withheld: 1 },
    { event: "promise_broken", withheld: 1 },
  ]);
});

test("every promise that our source words can be logged, in full", () => {
  const folders = [join(import.meta.dirname, ".."), join(import.meta.dirname, "../../../shared/src")];
  const promises = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((file) => /(?<!\.test)\.ts$/.test(file))
      .flatMap((file) => [...readFileSync(join(folder, file), "utf8").matchAll(/\bassert\([^"`]*?, "([^"]+)"\)/g)]),
  );
  expect(promises.length).toBeGreaterThan(10);
  const lines = logged((log) => {
    for (const [, promise = ""] of promises) log.error("promise_broken", { promise });
    log.error("promise_broken", { promise: "step-chat.ts:117" });
  });
  expect(lines.filter(({ withheld }) => withheld !== undefined)).toEqual([]);
});

test.each([
  ["an id", "kq3Xy0fJ2mQ8bB1cD4eF5g"],
  ["an address of a machine", "10.0.0.1"],
  ["an address of a shard", "eu-west.p1.0.lx3k9a"],
  ["a token", "eyJhbGciOiJFZERTQSJ9.e30.AA"],
  ["a URL", "redis://:secret@host"],
  ["quoted words", 'unexpected token "h"'],
  ["a long text", "a ".repeat(200)],
])("%s is no promise", (_what, promise) => {
  expect(logged((log) => log.error("promise_broken", { promise }))[0]).toMatchObject({ withheld: 1 });
});

test("a level keeps quieter lines away", () => {
  const lines = logged((log) => {
    log.info("records_back");
    log.error("records_back");
  }, "error");
  expect(lines).toHaveLength(1);
});

test("every event that the code names is in the table, and every row is used", () => {
  const src = join(import.meta.dirname, "..");
  const files = readdirSync(src, { recursive: true, encoding: "utf8" }).filter((file) => /(?<!\.test)\.ts$/.test(file));
  const named = files
    .flatMap((file) => [
      ...readFileSync(join(src, file), "utf8").matchAll(/\blog\??\.(?:info|warn|error)\(\s*"([^"]+)"/g),
    ])
    .map((found) => found[1]);
  expect([...new Set(named)].sort()).toEqual(Object.keys(LOG_EVENTS).sort());
});
