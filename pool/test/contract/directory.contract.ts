import type { PoolName, RegionName } from "@whisper/shared/base/ids";
import type { PublicJwk } from "@whisper/shared/credentials/key-ring";
import type { PoolReport } from "@whisper/shared/directory/pool-report";
import { expect, test } from "vitest";
import type { Directory } from "../../src/ports.ts";

export const NOW_MS = 1_800_000_000_000;
export const report = (pool: string, changed: Partial<PoolReport> = {}): PoolReport => ({
  region: "eu-west" as RegionName,
  pool: pool as PoolName,
  url: `wss://${pool}.eu-west.example/v1/socket`,
  lat: 50.1,
  lon: -8.6,
  state: "up",
  live: 10,
  sockets: 12,
  socketsMax: 250_000,
  atMs: NOW_MS,
  ...changed,
});
export const key = (kid: string): PublicJwk => ({
  kty: "OKP",
  crv: "Ed25519",
  x: "x".repeat(42).concat("A"),
  kid,
  use: "handover",
});

/** The promises of a Directory. `open` gives an empty one; `spoil` writes a field as nobody of ours would. */
export function directoryContract(
  name: string,
  open: () => Promise<{
    directory: Directory;
    spoil(field: string, text: string): Promise<void>;
    close(): Promise<void>;
  }>,
): void {
  const pools = async (directory: Directory): Promise<string[]> =>
    ((await directory.read())?.reports ?? []).map(({ region, pool }) => `${region}/${pool}`).sort();

  test(`[R20] ${name}: nothing is read before anything was published; then what was published, with its time`, async () => {
    const { directory, close } = await open();
    expect(await directory.read()).toBeUndefined();
    await directory.publish([report("p1"), report("p2", { state: "draining" })], NOW_MS, key("eu-west-abcdefg"));
    const copy = await directory.read();
    expect(copy).toMatchObject({ atMs: NOW_MS, handoverKeys: [key("eu-west-abcdefg")] });
    expect(copy?.reports.toSorted((a, b) => a.pool.localeCompare(b.pool))).toEqual([
      report("p1"),
      report("p2", { state: "draining" }),
    ]);
    await close();
  });

  test(`[R20] ${name}: a newer word replaces the older; what other regions wrote stays`, async () => {
    const { directory, close } = await open();
    const far = { region: "us-east" as RegionName };
    await directory.publish([report("p1", far)], NOW_MS, key("us-east-abcdefg"));
    await directory.publish([report("p1")], NOW_MS, key("eu-west-abcdefg"));
    await directory.publish([report("p1", { sockets: 99, atMs: NOW_MS + 2_000 })], NOW_MS + 2_000);
    const copy = await directory.read();
    expect(copy?.atMs).toBe(NOW_MS + 2_000);
    expect(await pools(directory)).toEqual(["eu-west/p1", "us-east/p1"]);
    expect(copy?.reports.find(({ region }) => region === "eu-west")?.sockets).toBe(99);
    expect(copy?.handoverKeys?.map(({ kid }) => kid).sort()).toEqual(["eu-west-abcdefg", "us-east-abcdefg"]);
    await close();
  });

  test(`[R20] ${name}: spoilt fields are left out, and the others are read`, async () => {
    const { directory, spoil, close } = await open();
    await directory.publish([report("p1")], NOW_MS, key("eu-west-abcdefg"));
    await spoil("eu-west/p2", "{");
    await spoil("eu-west/p3", JSON.stringify(report("p4")));
    await spoil("eu-west/p5", JSON.stringify({ ...report("p5"), sockets: -1 }));
    await spoil("jwk:eu-west-zzzzzzz", '{"kty":"RSA"}');
    await spoil("", "");
    expect(await pools(directory)).toEqual(["eu-west/p1"]);
    expect((await directory.read())?.handoverKeys).toEqual([key("eu-west-abcdefg")]);
    await spoil("at", "yesterday");
    expect(await directory.read()).toBeUndefined();
    await close();
  });

  test(`[R21] ${name}: earlier keys of a region and pools an hour silent go, other regions' keys do not`, async () => {
    const { directory, close } = await open();
    await directory.publish([report("gone")], NOW_MS, key("eu-west-1111111"));
    await directory.publish([], NOW_MS, key("eu-1111111"));
    const laterMs = NOW_MS + 3_700_000;
    for (let round = 0; round < 30; round++)
      await directory.publish([report("p1", { atMs: laterMs })], laterMs, key("eu-west-2222222"));
    expect(await pools(directory)).toEqual(["eu-west/p1"]);
    const kids = (await directory.read())?.handoverKeys?.map(({ kid }) => kid).sort();
    expect(kids).toEqual(["eu-1111111", "eu-west-2222222"]);
    await close();
  });
}
