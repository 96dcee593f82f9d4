import { fail, ok, type Result } from "@whisper/shared/base/result";
import { Secret } from "@whisper/shared/base/secret";
import { parseSigningKeys, type SigningJwk } from "@whisper/shared/credentials/signing-keys";
import { CONNECTS_PER_MIN, DEVICES_PER_MIN, KEY_PUBLISHED_AHEAD_MS } from "@whisper/shared/limits";
import * as v from "valibot";

const SITEVERIFY = "https://challenges.cloudflare.com/turnstile/v0/siteverify";

const words = (text: string): string[] =>
  text
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "");
const isOrigin = (text: string): boolean => URL.canParse(text) && new URL(text).origin === text;
const isHttp = (text: string): boolean => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
const isSocketSource = (text: string): boolean => /^wss?:\/\/[a-z0-9.*-]+(:(\d{1,5}|\*))?$/.test(text);

const list = (isGood: (word: string) => boolean) =>
  v.pipe(
    v.string(),
    v.transform(words),
    v.check((all) => all.every(isGood)),
  );
const whole = (least: number) => v.pipe(v.string(), v.regex(/^\d{1,9}$/), v.transform(Number), v.minValue(least));
const yes = v.pipe(
  v.picklist(["0", "1"]),
  v.transform((text) => text === "1"),
);
const httpUrl = v.pipe(v.string(), v.check(isHttp));
const signingKeys = v.pipe(
  v.string(),
  v.transform(parseSigningKeys),
  v.custom<readonly SigningJwk[]>((keys) => keys !== undefined),
);

/** Every setting of the Worker: how it is read, and what is said when it cannot be (never its value). */
export const EDGE_SETTINGS = {
  WHISPER_ENV: {
    read: v.optional(v.picklist(["production", "development"]), "production"),
    say: "production or development",
  },
  WHISPER_SIGNING_KEYS: {
    read: signingKeys,
    say: "a JSON list of Ed25519 JWKs with kid and notBefore, one of them private",
  },
  WHISPER_SIGNING_LEAD_MS: {
    read: v.optional(whole(0), `${KEY_PUBLISHED_AHEAD_MS}`),
    say: "milliseconds a key is published before it signs",
  },
  WHISPER_NETWORK_KEY: { read: v.pipe(v.string(), v.minLength(32)), say: "at least 32 random characters" },
  WHISPER_UPSTASH_URL: { read: httpUrl, say: "the directory's REST address" },
  WHISPER_UPSTASH_TOKEN: { read: v.pipe(v.string(), v.minLength(1)), say: "the directory's bearer token" },
  WHISPER_ORIGINS: { read: v.optional(list(isOrigin), ""), say: "exact origins, separated by commas" },
  WHISPER_SOCKET_SOURCES: {
    read: v.optional(list(isSocketSource), ""),
    say: "where pages may open sockets (CSP), as wss://*.example.org, separated by commas",
  },
  WHISPER_GEO_OVERRIDE: { read: v.optional(yes, "0"), say: "1 to believe x-whisper-geo; never in production" },
  WHISPER_CONNECTS_PER_MIN: {
    read: v.optional(whole(1), `${CONNECTS_PER_MIN}`),
    say: "connects a minute of one network",
  },
  WHISPER_DEVICES_PER_MIN: {
    read: v.optional(whole(1), `${DEVICES_PER_MIN}`),
    say: "new devices a minute of one network",
  },
  WHISPER_TURNSTILE_SITEKEY: { read: v.optional(v.pipe(v.string(), v.minLength(1))), say: "Turnstile's site key" },
  WHISPER_TURNSTILE_SECRET: { read: v.optional(v.pipe(v.string(), v.minLength(1))), say: "Turnstile's secret" },
  WHISPER_TURNSTILE_HOSTNAMES: {
    read: v.optional(
      list((name) => /^[a-z0-9.-]+$/.test(name)),
      "",
    ),
    say: "host names that may show the challenge, separated by commas",
  },
  WHISPER_TURNSTILE_VERIFY_URL: {
    read: v.optional(httpUrl, SITEVERIFY),
    say: "a stand-in for siteverify; never in production",
  },
} as const;

type Settings = { readonly [K in keyof typeof EDGE_SETTINGS]: v.InferOutput<(typeof EDGE_SETTINGS)[K]["read"]> };
const SCHEMA = v.strictObject(
  Object.fromEntries(Object.entries(EDGE_SETTINGS).map(([name, { read }]) => [name, read])),
);

export type TurnstileConfig = {
  readonly sitekey: string;
  readonly secret: Secret<string>;
  readonly hostnames: readonly string[];
  readonly verifyUrl: string;
};
export type EdgeConfig = {
  readonly isDevelopment: boolean;
  readonly signingKeys: Secret<readonly SigningJwk[]>;
  readonly signingLeadMs: number;
  readonly networkKey: Secret<string>;
  readonly directory: { readonly url: string; readonly token: Secret<string> };
  readonly origins: ReadonlySet<string>;
  readonly socketSources: readonly string[];
  readonly geoOverride: boolean;
  readonly connectsPerMin: number;
  readonly devicesPerMin: number;
  readonly turnstile: TurnstileConfig | undefined;
};

function faultOf(name: string): string {
  const row = Object.hasOwn(EDGE_SETTINGS, name) ? EDGE_SETTINGS[name as keyof typeof EDGE_SETTINGS] : undefined;
  return row === undefined ? `${name}: no setting of that name` : `${name}: ${row.say}`;
}

/** What single settings cannot know of each other. */
function crossFaults(s: Settings): string[] {
  const faults: string[] = [];
  const turnstile = [s.WHISPER_TURNSTILE_SITEKEY, s.WHISPER_TURNSTILE_SECRET, s.WHISPER_TURNSTILE_HOSTNAMES[0]];
  const given = turnstile.filter((part) => part !== undefined).length;
  if (given !== 0 && given !== turnstile.length)
    faults.push("WHISPER_TURNSTILE_*: site key, secret and host names go together");
  if (s.WHISPER_ENV === "development") return faults;
  if (s.WHISPER_GEO_OVERRIDE) faults.push("WHISPER_GEO_OVERRIDE: refused in production");
  if (s.WHISPER_TURNSTILE_VERIFY_URL !== SITEVERIFY) faults.push("WHISPER_TURNSTILE_VERIFY_URL: refused in production");
  if (s.WHISPER_ORIGINS.length === 0) faults.push("WHISPER_ORIGINS: production names its origins");
  if (s.WHISPER_SOCKET_SOURCES.length === 0) faults.push("WHISPER_SOCKET_SOURCES: production names its pools' hosts");
  if (!s.WHISPER_UPSTASH_URL.startsWith("https:")) faults.push("WHISPER_UPSTASH_URL: https in production");
  return faults;
}

/** The Worker's settings, checked whole: every fault and every unknown `WHISPER_` name at once, values never told. */
export function readEdgeConfig(env: Readonly<Record<string, unknown>>): Result<EdgeConfig, readonly string[]> {
  const named = Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith("WHISPER_")));
  const read = v.safeParse(SCHEMA, named);
  if (!read.success) return fail([...new Set(read.issues.map((issue) => faultOf(String(issue.path?.[0]?.key))))]);
  const s = read.output as Settings;
  const faults = crossFaults(s);
  return faults.length > 0 ? fail(faults) : ok(Object.freeze(configOf(s)));
}

function configOf(s: Settings): EdgeConfig {
  const isDevelopment = s.WHISPER_ENV === "development";
  const loopback = ["ws://127.0.0.1:*", "ws://localhost:*", "wss://127.0.0.1:*", "wss://localhost:*"];
  return {
    isDevelopment,
    signingKeys: new Secret(s.WHISPER_SIGNING_KEYS),
    signingLeadMs: s.WHISPER_SIGNING_LEAD_MS,
    networkKey: new Secret(s.WHISPER_NETWORK_KEY),
    directory: { url: s.WHISPER_UPSTASH_URL, token: new Secret(s.WHISPER_UPSTASH_TOKEN) },
    origins: new Set(s.WHISPER_ORIGINS),
    socketSources: [...s.WHISPER_SOCKET_SOURCES, ...(isDevelopment ? loopback : [])],
    geoOverride: s.WHISPER_GEO_OVERRIDE,
    connectsPerMin: s.WHISPER_CONNECTS_PER_MIN,
    devicesPerMin: s.WHISPER_DEVICES_PER_MIN,
    turnstile:
      s.WHISPER_TURNSTILE_SITEKEY === undefined || s.WHISPER_TURNSTILE_SECRET === undefined
        ? undefined
        : {
            sitekey: s.WHISPER_TURNSTILE_SITEKEY,
            secret: new Secret(s.WHISPER_TURNSTILE_SECRET),
            hostnames: s.WHISPER_TURNSTILE_HOSTNAMES,
            verifyUrl: s.WHISPER_TURNSTILE_VERIFY_URL,
          },
  };
}
