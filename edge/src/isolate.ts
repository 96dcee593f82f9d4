import { type Clock, systemClock } from "@whisper/shared/base/clock";
import { type Random, systemRandom } from "@whisper/shared/base/random";
import { ok, type Result } from "@whisper/shared/base/result";
import { cachedListing } from "./adapters/cached-listing.ts";
import { bindingMeter, bucketMeter, type RateLimitBinding } from "./adapters/rate-gate.ts";
import { openTurnstile } from "./adapters/turnstile.ts";
import { openUpstashDirectory } from "./adapters/upstash-directory.ts";
import { NetworkHash, WebKeys } from "./adapters/web-keys.ts";
import { DirectoryCopy } from "./admission/directory-copy.ts";
import { PassBook } from "./admission/load-pass.ts";
import { PromisedPlaces } from "./admission/promised-places.ts";
import { type EdgeConfig, readEdgeConfig } from "./config.ts";
import { consoleLog } from "./log.ts";
import type { Assets, Challenge, Listing, Log, Meter } from "./ports.ts";

/** What the platform hands the Worker: settings by `WHISPER_*` names, and bindings. */
export type EdgeEnv = Readonly<Record<string, unknown>> & {
  readonly ASSETS?: Assets;
  readonly CONNECT_METER?: RateLimitBinding;
  readonly DEVICE_METER?: RateLimitBinding;
};

/** All that lives as long as an isolate, and is shared by its requests. */
export type Isolate = {
  readonly config: EdgeConfig;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly keys: WebKeys;
  readonly networkHash: NetworkHash;
  readonly directory: DirectoryCopy;
  readonly promised: PromisedPlaces;
  readonly passes: PassBook;
  readonly connects: Meter;
  readonly devices: Meter;
  readonly challenge: Challenge | undefined;
  readonly assets: Assets | undefined;
};

/** Builds an isolate's parts from its settings and bindings; a fault in the settings builds nothing. */
export function buildIsolate(env: EdgeEnv): Result<Isolate, readonly string[]> {
  const read = readEdgeConfig(env);
  if (!read.ok) return read;
  const config = read.value;
  const log = consoleLog;
  const promised = new PromisedPlaces();
  const onRead = (listing: Listing): void => promised.settle(listing.reports);
  return ok({
    config,
    clock: systemClock,
    random: systemRandom,
    log,
    keys: new WebKeys(config.signingKeys.reveal(), config.signingLeadMs),
    networkHash: new NetworkHash(config.networkKey.reveal()),
    directory: new DirectoryCopy({
      store: openUpstashDirectory(config.directory),
      lastCopy: cachedListing,
      log,
      onRead,
    }),
    promised,
    passes: new PassBook(),
    connects: meterOf(env.CONNECT_METER, config.connectsPerMin, log),
    devices: meterOf(env.DEVICE_METER, config.devicesPerMin, log),
    challenge: config.turnstile === undefined ? undefined : openTurnstile(config.turnstile, log),
    assets: env.ASSETS,
  });
}

const meterOf = (binding: RateLimitBinding | undefined, perMin: number, log: Log): Meter =>
  binding === undefined ? bucketMeter(perMin) : bindingMeter(binding, log);
