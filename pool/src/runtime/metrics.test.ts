import { expect, test } from "vitest";
import { buildRegistry, METRICS, type Readings } from "./metrics.ts";

function readings(of: (name: string, value?: string) => number): Readings {
  const read = (name: keyof Readings) => (value?: string) => of(name, value);
  return {
    sockets: read("sockets"),
    chats: read("chats"),
    seekers: read("seekers"),
    texts: read("texts"),
    upgrades: read("upgrades"),
    broken: read("broken"),
    reportsLost: read("reportsLost"),
    memory: read("memory"),
    cpu: read("cpu"),
  };
}

test("numbers are read at the scrape, so they never drift, nor add up twice", async () => {
  let now = 3;
  const registry = buildRegistry(
    readings(() => now),
    { region: "eu-west", pool: "p1" },
  );
  await registry.metrics();
  now = 5;
  const second = await registry.metrics();
  expect(second).toContain('whisper_connections_total{region="eu-west",pool="p1"} 5');
  expect(second).toContain('whisper_messages_total{type="sent",region="eu-west",pool="p1"} 5');
});

test("every value of a label is there from the start, each with its own reading", async () => {
  const values: readonly string[] = METRICS.texts.label.values;
  const registry = buildRegistry(
    readings((name, value) => (name === "texts" ? values.indexOf(value ?? "") + 1 : 0)),
    {},
  );
  const text = await registry.metrics();
  for (const [at, value] of values.entries())
    expect(text).toContain(`whisper_messages_total{type="${value}"} ${at + 1}`);
});

test("names carry our prefix and are named once", () => {
  const names = Object.values(METRICS).map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^whisper_[a-z_]+$/);
});

test("a reading that throws fails the scrape instead of telling a lie", async () => {
  const registry = buildRegistry(
    readings((name) => {
      if (name === "chats") throw new Error("no");
      return 0;
    }),
    {},
  );
  await expect(registry.metrics()).rejects.toThrow("no");
});

test("two pools of one process do not share their numbers", async () => {
  const [one, other] = [
    buildRegistry(
      readings(() => 1),
      {},
    ),
    buildRegistry(
      readings(() => 2),
      {},
    ),
  ];
  expect(await one.metrics()).toContain("whisper_active_chats 1");
  expect(await other.metrics()).toContain("whisper_active_chats 2");
});
