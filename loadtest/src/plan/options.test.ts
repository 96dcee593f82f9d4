import { toBase64Url } from "@whisper/shared/base/base64url";
import { describe, expect, test } from "vitest";
import { sessionsOf } from "./load-pass.ts";
import type { OptionName, RawOptions } from "./option-table.ts";
import { isLoopback, readMetricsPort, readPlan, scenarioIn } from "./options.ts";
import type { ScenarioName } from "./plan.ts";
import { reportedPlan } from "./plan.ts";
import { SCENARIO_NAMES, SCENARIOS } from "./scenarios.ts";
import { TIER_NAMES, TIERS } from "./tiers.ts";
import { UsageFault } from "./usage-fault.ts";

const NOW_MS = 1_800_000_000_000;
const TARGET = "http://127.0.0.1:8787";
const FAR = "https://chat.example.org";
const plan = (scenario: ScenarioName, raw: RawOptions = {}) => readPlan(scenario, { target: TARGET, ...raw }, NOW_MS);

/** The one line of a usage fault; fails the test when there is none. */
function faultOf(does: () => unknown): string {
  try {
    does();
  } catch (error) {
    if (error instanceof UsageFault) return error.message;
    throw error;
  }
  throw new Error("nothing was refused");
}

const json = (value: object): string => toBase64Url(new TextEncoder().encode(JSON.stringify(value)));
/** A pass with a signature that the edge would refuse: the generator cannot know. */
function passOf(claims: object): string {
  const whole = {
    typ: "load",
    region: "eu-west",
    sessions: 20_000,
    iat: NOW_MS / 1_000,
    exp: NOW_MS / 1_000 + 3_600,
    ...claims,
  };
  return `${json({ alg: "EdDSA", typ: "JWT", kid: "k" })}.${json(whole)}.${toBase64Url(new Uint8Array(64))}`;
}

describe("what can be meant", () => {
  test.each(SCENARIO_NAMES)("%s is a plan with nothing but a target", (name) => {
    const hook = SCENARIOS[name].hooked ? { hook: "true" } : {};
    const made = plan(name, hook);
    expect(made).toMatchObject({ scenario: name, target: TARGET, ...SCENARIOS[name].defaults });
    expect(made.thresholds).toMatchObject({ lostTexts: 0, doubledTexts: 0, reorderedTexts: 0, foreignTexts: 0 });
  });

  test.each(TIER_NAMES.flatMap((tier) => SCENARIO_NAMES.map((name) => [name, tier] as const)))(
    "[Y4] %s at %s fits its own limits",
    (name, tier) => {
      const { hooked, shape } = SCENARIOS[name];
      const made = plan(name, { tier, ...(hooked ? { hook: "true" } : {}) });
      expect(made.connections).toBe(shape === undefined ? 2 : TIERS[tier].connections);
      expect(made.connections / made.workers).toBeLessThanOrEqual(15_000);
      expect(made.sourceIps.length * 9_000).toBeGreaterThanOrEqual(made.connections);
      expect(new Set(made.sourceIps).size).toBe(made.sourceIps.length);
      expect(made.thresholds.matchP99Ms).toBeLessThanOrEqual(made.matchTimeoutMs);
    },
  );

  test("what is written wins over the tier, and the tier over the scenario", () => {
    expect(plan("connect", { tier: "10k" })).toMatchObject({ connections: 10_000, rampMs: 30_000, holdMs: 60_000 });
    const raw = { tier: "10k", connections: "12k", ramp: "2m", hold: "1500ms", chatShare: "0.5", seed: "7" };
    expect(plan("connect", raw)).toMatchObject({
      connections: 12_000,
      rampMs: 120_000,
      holdMs: 1_500,
      chatShare: 0.5,
      seed: 7,
    });
  });

  test("churn leaves memory a minute to come back, whatever the tier", () => {
    expect(plan("churn", { tier: "10k" }).holdMs).toBe(120_000);
    expect(plan("churn", { tier: "500k" }).holdMs).toBe(180_000);
    expect(plan("churn", { tier: "10k", hold: "10s" }).holdMs, "what is written wins").toBe(10_000);
  });

  test("each run has a seed of its own, so that two at one time do not meet", () => {
    const seedAt = (nowMs: number) => readPlan("smoke", { target: TARGET }, nowMs).seed;
    expect(seedAt(NOW_MS)).not.toBe(seedAt(NOW_MS + 1));
    expect(seedAt(NOW_MS)).toBeLessThan(2 ** 32);
  });

  test("a rate is shared by those who chat", () => {
    expect(plan("chat", { connections: "1000", chatShare: "0.1", rate: "200" }).textEveryMs).toBe(500);
    expect(plan("chat").textEveryMs, "one below what the server's meter passes").toBe(2_500);
  });

  test("bounds are replaced one by one", () => {
    expect(plan("chat", { thresholds: "textP99Ms=0.5, errorRate=0,dropped=3,lostTexts=0" }).thresholds).toMatchObject({
      textP99Ms: 0.5,
      errorRate: 0,
      dropped: 3,
      matchP99Ms: 150,
    });
  });

  test("only this machine's loopback gets addresses of 127.0.0.0/8", () => {
    expect(plan("connect", { connections: "20000" }).sourceIps).toEqual(["127.0.0.1", "127.0.0.2", "127.0.0.3"]);
    const far = readPlan("connect", { target: FAR, pass: passOf({}), connections: "20000" }, NOW_MS);
    expect(far.sourceIps).toEqual([]);
  });

  test.each([
    ["http://localhost:1", true],
    ["http://[::1]:1", true],
    ["http://127.9.8.7", true],
    ["http://127.0.0.1.example.org", false],
    ["http://10.0.0.1", false],
    ["https://localhost.example.org", false],
  ])("%s is loopback: %s", (target, is) => {
    expect(isLoopback(target)).toBe(is);
  });

  test("[Y11] pass, hook and bus address are not in what is reported", () => {
    const secret = plan("drain", { pass: passOf({}), hook: "curl -H token:abc", agents: "nats://u:pw@h:4222" });
    const told = JSON.stringify(reportedPlan(secret));
    for (const word of [secret.loadPass, "token:abc", "u:pw"]) expect(told).not.toContain(word);
    expect(reportedPlan(secret)).toMatchObject({ lane: "test", hooked: true, agentsAsked: true });
    expect(reportedPlan(plan("chat"))).toMatchObject({ lane: "live", hooked: false, agentsAsked: false });
  });
});

type Bad = readonly [option: OptionName, text: string, scenario: ScenarioName, says: string];
const BAD: readonly Bad[] = [
  ["target", "x", "smoke", "write http://127.0.0.1:8787"],
  ["target", "ws://127.0.0.1:9001", "smoke", "is no web address"],
  ["target", "file:///etc/passwd", "smoke", "is no web address"],
  ["target", "http://u:p@127.0.0.1:8787", "smoke", "no user and password"],
  ["target", "http://127.0.0.1:8787/ws", "smoke", "write http://127.0.0.1:8787"],
  ["target", "http://127.0.0.1:8787/?a=1", "smoke", "takes no path"],
  ["target", FAR, "smoke", "needs a load pass: write --pass"],
  ["tier", "10m", "chat", "write one of 10k, 100k, 500k, 1m"],
  ["tier", "constructor", "chat", "write one of 10k"],
  ["region", "EU West", "chat", "write such as eu-west"],
  ["region", "", "chat", "is no region's name"],
  ["connections", "0", "chat", "from 1 to 4000000"],
  ["connections", "-5", "chat", "from 1 to 4000000"],
  ["connections", "1e9", "chat", "from 1 to 4000000"],
  ["connections", "99999999999", "chat", "from 1 to 4000000"],
  ["connections", "1.5", "chat", "whole number"],
  ["connections", "NaN", "chat", "whole number"],
  ["connections", "", "chat", "whole number"],
  ["connections", "1", "chat", "makes no couple: write --connections 2 or more"],
  ["ramp", "-1", "chat", "write a time from 0ms to 24h"],
  ["ramp", "30 s", "chat", "such as 30s, 2m or 8h"],
  ["hold", "0", "chat", "write a time from 1s"],
  ["hold", "1000h", "chat", "to 336h"],
  ["chatShare", "1.5", "chat", "from 0 to 1"],
  ["chatShare", "half", "chat", "from 0 to 1"],
  ["chatShare", "0.001", "chat", "makes no couple: write --connections 2000 or more"],
  ["rate", "0", "chat", "--rate"],
  ["rate", "-1", "chat", "--rate"],
  ["rate", "1000000", "chat", "write --rate 20000 or less"],
  ["rate", "5", "connect", "nobody chats: write a --chat-share"],
  ["textChars", "10", "chat", "from 48 to 2000"],
  ["textChars", "2001", "chat", "from 48 to 2000"],
  ["matchTimeout", "0", "match", "write a time from 1s"],
  ["cut", "0", "reconnect", "--cut"],
  ["cut", "1.1", "reconnect", "--cut"],
  ["hook", "", "drain", "write --hook '<what to do to the servers>'"],
  ["hook", "  ", "chaos", "chaos does nothing by itself"],
  ["workers", "0", "chat", "from 1 to 1000"],
  ["workers", "101", "chat", "write --workers 100 or fewer"],
  ["sourceIps", "127.0.0.300", "chat", "is no IP address"],
  ["sourceIps", "localhost", "chat", "is no IP address"],
  ["sourceIps", "127.0.0.1,", "chat", "is no IP address"],
  ["sourceIps", "127.0.0.1,127.0.0.1", "chat", "write each once"],
  ["agents", "http://127.0.0.1", "chat", "write nats://host:4222"],
  ["agents", "here", "chat", "write nats://host:4222"],
  ["seed", "-1", "chat", "--seed"],
  ["seed", "5000000000", "chat", "--seed"],
  ["pass", "x", "chat", "the load pass is none: npm run loadtest:token makes one"],
  ["thresholds", "", "chat", "write name=value"],
  ["thresholds", "textP99Ms", "chat", "write name=value"],
  ["thresholds", "textP99=5", "chat", "write textP99Ms"],
  ["thresholds", "colour=5", "chat", "write one of connectP99Ms"],
  ["thresholds", "toString=5", "chat", "knows no"],
  ["thresholds", "textP99Ms=-5", "chat", "from 0 to"],
  ["thresholds", "errorRate=2", "chat", "from 0 to 1"],
  ["thresholds", "dropped=0.5", "chat", "whole number"],
  ["thresholds", "lostTexts=1", "chat", "stays 0: leave it out"],
  ["thresholds", "laneCrossed=1", "chat", "stays 0"],
  ["thresholds", "textP99Ms=5,textP99Ms=6", "chat", "write one of them"],
  ["thresholds", "matchP99Ms=40000", "chat", "write matchP99Ms=30000 or less"],
];

describe("what cannot", () => {
  test.each(BAD)("[Y1] --%s %j in %s: %s", (option, text, scenario, says) => {
    const fault = faultOf(() => plan(scenario, { [option]: text }));
    expect(fault).toContain(says);
    expect(fault, "one line").not.toContain("\n");
  });

  test("[Y1] too few workers or addresses for the sockets say how many it takes", () => {
    expect(faultOf(() => plan("connect", { connections: "30001", workers: "2" }))).toContain(
      "write --workers 3 or more",
    );
    expect(faultOf(() => plan("connect", { connections: "18001", sourceIps: "127.0.0.1,127.0.0.2" }))).toContain(
      "write 3 addresses",
    );
  });

  test("[Y1] no target, no hook", () => {
    expect(faultOf(() => readPlan("smoke", {}, NOW_MS))).toContain("--target http://127.0.0.1:8787");
    expect(faultOf(() => plan("drain"))).toContain("write --hook");
  });

  test.each([
    ["conect", "write connect"],
    ["CHAT", "write chat"],
    ["toString", "write one of smoke"],
    ["", "write one of smoke"],
  ])("[Y1] there is no scenario %j", (text, says) => {
    expect(faultOf(() => scenarioIn(text))).toContain(says);
  });

  test("[Y1] a long word is not thrown back whole, nor over two lines", () => {
    const fault = faultOf(() => plan("chat", { connections: `1\n${"9".repeat(500)}` }));
    expect(fault.length).toBeLessThan(200);
    expect(fault).not.toContain("\n");
  });

  test.each(["-1", "65536", "http", "1.5", ""])("[Y1] --metrics-port %j", (text) => {
    expect(faultOf(() => readMetricsPort(text))).toContain("from 0 to 65535");
  });
});

describe("load passes", () => {
  const far = (claims: object, raw: RawOptions = {}) =>
    readPlan("chat", { target: FAR, pass: passOf(claims), ...raw }, NOW_MS);

  test("[Y3] a pass that fits lets in, and pins its region", () => {
    expect(far({})).toMatchObject({ target: FAR, region: "eu-west", loadPass: passOf({}) });
    expect(plan("chat", { pass: passOf({}) }), "also against loopback").toMatchObject({ region: "eu-west" });
  });

  test("[Y3] a pass has to be for everybody who comes in, one after the other", () => {
    const of = (scenario: ScenarioName, raw: RawOptions = {}) => sessionsOf(plan(scenario, raw));
    expect(of("connect", { tier: "10k" })).toBe(10_000);
    expect(of("drain", { hook: "true", connections: "2000" }), "one chat each").toBe(2_000);
    expect(of("match", { connections: "1000", chatShare: "1", ramp: "10s", hold: "20s" }), "three rounds").toBe(3_000);
    expect(of("chat", { tier: "10k" }), "a tenth of them, in 35 s each").toBe(12_000);
  });

  test.each([
    [{ region: "eu-west" }, { region: "us-east" }, "write --region eu-west"],
    [{ sessions: 399 }, {}, "with --sessions 400, or write fewer --connections"],
    [{ exp: NOW_MS / 1_000 }, {}, "is over"],
    [{ exp: NOW_MS / 1_000 + 60 }, {}, "ends in 1 min, the run later"],
    [{ typ: "session" }, {}, "is none"],
    [{ sessions: -1 }, {}, "is none"],
    [{ region: "EU" }, {}, "is none"],
  ] as const)("[Y3] a pass of %j for %j is refused, and not quoted", (claims, raw, says) => {
    const fault = faultOf(() => far(claims, raw));
    expect(fault).toContain(says);
    expect(fault).not.toContain(passOf(claims).slice(0, 20));
  });
});
