import type { Run } from "./groups.ts";
import { type Measured, median } from "./lines.ts";
import { askNumber, type Helper, pause, startHelper } from "./processes.ts";
import { cpuUsOf } from "./region-place.ts";

const REGION = "eu-west";
const PEOPLE = 50_000;
/** Ten of those who seek at one time share each, so that nobody waits long. */
const INTERESTS = 50;
const AT_ONCE = 500;
/** One by one, for how long somebody waits whose partner is there. */
const COUPLES = 300;
/** Ten matchers in all. */
const MATCHER_PROCESSES = 2;
const MATCHERS_EACH = 5;
const LOOK_MS = 50;
const ALL_PAIRED_MS_MAX = 240_000;
/** The rate is taken between these shares of the people. */
const [FROM, TO] = [0.1, 0.9];
const SEEK_ROUNDS = 3;

type Says = { readonly paired: number; readonly doublePairs: number; readonly again: number };
type Reading = {
  readonly paired: number;
  readonly atMs: number;
  readonly redisUs: number;
  readonly matchersUs: number;
};

const saysOf = async (crowd: Helper): Promise<Says> => (await crowd.ask("says")) as Says;

/** Sends 50,000 people to the desk, and reads how the first and the last tenth stand. */
async function flow(crowd: Helper, read: (paired: number) => Promise<Reading>): Promise<readonly [Reading, Reading]> {
  let [from, to]: (Reading | undefined)[] = [];
  await crowd.ask("begin");
  const endMs = performance.now() + ALL_PAIRED_MS_MAX;
  for (;;) {
    const { paired } = await saysOf(crowd);
    if (paired >= PEOPLE * FROM) from ??= await read(paired);
    if (paired >= PEOPLE * TO) to ??= await read(paired);
    if (paired === PEOPLE && from !== undefined && to !== undefined) return [from, to];
    if (performance.now() > endMs) throw new Error(`the desk: only ${paired} of ${PEOPLE} were paired`);
    await pause(LOOK_MS);
  }
}

async function waited(crowd: Helper): Promise<{ readonly p50Ms: number; readonly p99Ms: number }> {
  const took = [...((await crowd.ask("waits")) as readonly number[])].sort((a, b) => a - b);
  const p99Ms = took[Math.ceil(took.length * 0.99) - 1] ?? Number.NaN;
  return { p50Ms: median(took), p99Ms };
}

/**
 * Pairs a second of one region's desk: ten matchers and a real Redis, 50,000 seekers whose shards do what shards do.
 * Redis is the part of which a region has one, so that its time is the bound; the rate of this machine, on which all of
 * it and the seekers run, stands beside it.
 */
export async function measureDesk({ say }: Run): Promise<readonly Measured[]> {
  const servers = await startHelper("the desk's servers", "pool/bench/desk-process.ts", { region: REGION });
  const { natsUrl, redisUrl, redisPid } = servers.ready;
  const matchers: Helper[] = [];
  for (let i = 0; i < MATCHER_PROCESSES; i++)
    matchers.push(
      await startHelper("the matchers", "pool/bench/desk-matchers-process.ts", {
        ...{ region: REGION, natsUrl, redisUrl, matchers: MATCHERS_EACH },
      }),
    );
  const crowd = await startHelper("the seekers", "pool/bench/desk-crowd-process.ts", {
    ...{ region: REGION, natsUrl, people: PEOPLE, interests: INTERESTS, atOnce: AT_ONCE, couples: COUPLES },
  });
  const sum = async (what: string): Promise<number> =>
    (await Promise.all(matchers.map((one) => askNumber(one, what)))).reduce((one, other) => one + other, 0);
  const read = async (paired: number): Promise<Reading> => ({
    ...{ paired, atMs: performance.now(), redisUs: cpuUsOf(Number(redisPid)), matchersUs: await sum("cpu_us") },
  });
  const [from, to] = await flow(crowd, read);
  const pairs = (to.paired - from.paired) / 2;
  const perS = (pairs * 1_000) / (to.atMs - from.atMs);
  const redisUs = (to.redisUs - from.redisUs) / pairs;
  const matchersUs = (to.matchersUs - from.matchersUs) / pairs;
  say(
    `the desk: ${perS.toFixed(0)} pairs/s on this machine; a pair costs ${redisUs.toFixed(0)} us of Redis and ` +
      `${matchersUs.toFixed(0)} us of the matchers`,
  );
  const wait = await waited(crowd);
  const { doublePairs, again } = await saysOf(crowd);
  const lost = await sum("lost");
  say(`the desk: ${doublePairs} double pairs, ${again} memos sent again, ${lost} that matchers could not do`);
  await crowd.stop();
  await Promise.all(matchers.map((one) => one.stop()));
  await servers.stop();
  const beside = { name: "pairs/s of this machine, seekers included", value: perS };
  return [
    { name: "region.pairs_per_s", value: 1e6 / redisUs, baseline: beside },
    { name: "region.double_pairs", value: doublePairs, baseline: { name: "people paired", value: PEOPLE } },
    {
      name: "region.match_p99_ms",
      value: wait.p99Ms,
      baseline: { name: "p50 in the same run, ms", value: wait.p50Ms },
    },
  ];
}

/** What a seek costs Redis among 100,000 who wait with interests of their own, by what it costs among 100. */
export async function measureSeekCost({ say }: Run): Promise<readonly Measured[]> {
  const servers = await startHelper("the desk's servers", "pool/bench/desk-process.ts", { region: REGION });
  const [few, many]: [number[], number[]] = [[], []];
  for (let round = 0; round < SEEK_ROUNDS; round++) {
    few.push(await askNumber(servers, "few_us"));
    many.push(await askNumber(servers, "many_us"));
    say(`seeks: ${few.at(-1)?.toFixed(1)} us of Redis among 100, ${many.at(-1)?.toFixed(1)} us among 100,000`);
  }
  await servers.stop();
  const baseline = { name: "us of Redis a seek among 100", value: median(few) };
  return [{ name: "region.seek_cost_ratio", value: median(many) / median(few), baseline }];
}
