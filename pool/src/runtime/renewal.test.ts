import { writeFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Authority } from "../../test/support/certificates.ts";
import { heardLog } from "../../test/support/region.ts";
import { Renewal } from "./renewal.ts";
import { requireCertificate } from "./tls-files.ts";

const HOUR_MS = 3_600_000;
let authority: Authority;
let nowMs: number;
let renewed: number;
let onRenew: () => void;

beforeEach(() => {
  authority = new Authority();
  renewed = 0;
  onRenew = () => {};
});
afterEach(() => authority.close());

function begin(days = 60) {
  authority.install(authority.issue({ days }));
  nowMs = performance.timeOrigin + performance.now() + 60_000; // what is issued meanwhile is valid, too
  const log = heardLog();
  const served = requireCertificate(authority.files, nowMs);
  const renew = (): void => {
    renewed++;
    onRenew();
  };
  return {
    log,
    served,
    renewal: new Renewal({ files: authority.files, served, log, nowMs: () => nowMs, renew, everyMs: 1_000 }),
  };
}

const looks = async (renewal: Renewal, count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await renewal.look();
};

test("[O22] what is served is left alone; a new pair is taken at the second look that sees it, once", async () => {
  const { renewal, log } = begin();
  await looks(renewal, 5);
  expect(renewed).toBe(0);
  authority.install(authority.issue({ days: 90 }));
  await renewal.look();
  expect(renewed).toBe(0);
  await looks(renewal, 5);
  expect(renewed).toBe(1);
  expect(log.lines).toEqual(['certificate_taken {"days":89}']);
});

test("[O23] a pair that changes between two looks is waited for", async () => {
  const { renewal } = begin();
  for (let i = 0; i < 4; i++) {
    authority.install(authority.issue());
    await renewal.look();
  }
  expect(renewed).toBe(0);
  await renewal.look();
  expect(renewed).toBe(1);
});

test("[O23] what the library cannot use is told once and not tried again, until the files change", async () => {
  const { renewal, log } = begin();
  onRenew = () => {
    throw new Error("App construction failed");
  };
  authority.install(authority.issue());
  await looks(renewal, 6);
  expect(renewed).toBe(1);
  expect(log.lines).toEqual(['certificate_refused {"why":"library"}']);
  onRenew = () => {};
  authority.install(authority.issue({ days: 90 }));
  await looks(renewal, 3);
  expect(renewed).toBe(2);
  expect(log.lines.at(-1)).toBe('certificate_taken {"days":89}');
});

test("[O23] files written over while the library reads them are taken again", async () => {
  const { renewal } = begin();
  authority.install(authority.issue());
  const late = authority.issue();
  onRenew = () => {
    onRenew = () => {};
    authority.install(late);
  };
  await looks(renewal, 6);
  expect(renewed).toBe(2);
});

test("[O23] files written over in that moment and then put back are taken again: nobody knows what was read", async () => {
  const { renewal } = begin();
  const [wanted, late] = [authority.issue(), authority.issue()];
  authority.install(wanted);
  onRenew = () => {
    onRenew = () => {};
    authority.install(late);
  };
  await looks(renewal, 2);
  expect(renewed).toBe(1);
  authority.install(wanted);
  await looks(renewal, 4);
  expect(renewed).toBe(2);
});

test("[O23] a pair that is not valid yet is taken when it is, and one that went wrong and came back is not news", async () => {
  const { renewal, log, served } = begin();
  const next = authority.issue({ days: 90 });
  nowMs -= HOUR_MS;
  authority.install(next);
  await looks(renewal, 4);
  expect(log.lines).toEqual(['certificate_refused {"why":"not_yet"}']);
  nowMs += HOUR_MS + 1_000;
  await looks(renewal, 1);
  expect(renewed).toBe(1);
  writeFileSync(authority.files.key, "");
  await looks(renewal, 3);
  authority.install(next);
  await looks(renewal, 3);
  expect(renewed).toBe(1);
  expect(log.lines.slice(2)).toEqual(['certificate_refused {"why":"key_unreadable"}']);
  expect(requireCertificate(authority.files, nowMs).print).not.toBe(served.print);
});

test("[O29] a certificate that ends within seven days is told of once a day, also after its end", async () => {
  const { renewal, log, served } = begin();
  await looks(renewal, 3);
  expect(log.lines).toEqual([]);
  nowMs = served.endsMs - 7 * 24 * HOUR_MS + 1;
  for (let hour = 0; hour < 8 * 24; hour++) {
    await looks(renewal, 2);
    nowMs += HOUR_MS;
  }
  const days = log.lines.map((line) => /^certificate_ends \{"days":(-?\d+)\}$/.exec(line)?.[1]);
  expect(days.length).toBeGreaterThanOrEqual(8);
  expect(days.length).toBeLessThanOrEqual(9);
  expect(new Set(days)).toEqual(new Set(["6", "5", "4", "3", "2", "1", "0", "-1"]));
});
