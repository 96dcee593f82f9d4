import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@whisper/shared/base/clock";
import { Secret } from "@whisper/shared/base/secret";
import type { SigningJwk } from "@whisper/shared/credentials/signing-keys";
import { waitForPools, waitForReady } from "./chat-possible.ts";
import { type EdgeOptions, startEdge } from "./edge.ts";
import { embeddedEngine } from "./embedded.ts";
import type { PoolThere, WorldLimits } from "./engine.ts";
import { type Mortal, mortal } from "./mortal.ts";
import { buildPage } from "./page.ts";
import { planWorld, type WorldPlan, type WorldWish } from "./plan.ts";
import { refuseTakenPorts } from "./ports-taken.ts";
import { realEngine } from "./real.ts";
import { type Child, WorldFault } from "./servers/child.ts";

export type WorldOptions = WorldWish & {
  /** The repository's folder. */
  readonly root: string;
  /** The environment for child processes: no `WHISPER_*` in it. */
  readonly env: Readonly<Record<string, string>>;
  readonly limits?: WorldLimits;
  /** The edge's keys; without them it gets one that lives as long as the world. */
  readonly signingKeys?: Secret<string> | undefined;
  /** Aborted when somebody no longer wants it: then starting ends soon, with a fault. */
  readonly signal?: AbortSignal;
  /** Progress, a line at a time. */
  readonly say: (line: string) => void;
  readonly onLog: (line: string) => void;
};

/** A whole deployment on this machine, in which a chat can begin. */
export type World = {
  readonly edgeUrl: string;
  readonly pools: readonly PoolThere[];
  /** Ends all of it and resolves when no process is left; names what failed to stop. */
  stop(): Promise<readonly string[]>;
  /** Resolves with what was lost when a part ends that nobody stopped. */
  readonly lost: Promise<string>;
  /** Its parts that can be killed and started again; none of the embedded engine. */
  readonly mortals: readonly Mortal[];
};

const HOST = "127.0.0.1";
const POOLS_UP_MS = 20_000;

/**
 * Starts everything; resolves when a chat can begin. Rejects with a `WorldFault` in words for people, nothing left
 * behind.
 */
export async function startWorld(options: WorldOptions): Promise<World> {
  const planned = planWorld(options);
  if (!planned.ok) throw new WorldFault(planned.code.join("\n"));
  const plan = planned.value;
  await refuseTakenPorts(plan, HOST);
  const scratch = await mkdtemp(join(tmpdir(), "whisper-world-"));
  const { root, env, say, onLog, limits = {} } = options;
  const open = plan.engine === "real" ? realEngine : embeddedEngine;
  const engine = open({ plan, root, env, say, onLog, limits, scratch, host: HOST });
  let edge: ReturnType<typeof mortalEdge> | undefined;
  let tellLost: (what: string) => void = () => {};
  const lost = new Promise<string>((resolve) => {
    tellLost = resolve;
  });
  engine.onLoss((what) => tellLost(what));
  const stop = async (): Promise<readonly string[]> => {
    // The edge first: nobody is sent to a pool that is about to go.
    await edge?.stop();
    const failed = await engine.stop();
    await rm(scratch, { recursive: true, force: true });
    return failed;
  };
  try {
    const [directory, assets] = await Promise.all([engine.openDirectory(), pageOf(root, env, say)]);
    say(`starting the edge on ${HOST}:${plan.edgePort}`);
    edge = mortalEdge(
      {
        root,
        env,
        assets,
        port: plan.edgePort,
        upstash: directory,
        signingKeys: options.signingKeys ?? newSigningKeys(),
        networkKey: new Secret(randomBytes(32).toString("hex")),
        onStderr: onLog,
      },
      (what) => tellLost(what),
    );
    await edge.start();
    const edgeUrl = `http://${HOST}:${edge.current()?.port}`;
    say(`starting pools in ${plan.regions.join(" and ")} on the ${plan.engine} engine`);
    const pools = await engine.openPools(`${edgeUrl}/.well-known/jwks.json`);
    await chatPossible(edgeUrl, plan, pools, options.signal);
    return { edgeUrl, pools, stop, lost, mortals: [...engine.mortals(), edge.part] };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A key that lives as long as this world: whoever came before it comes as somebody new. */
function newSigningKeys(): Secret<string> {
  const { x = "", d = "" } = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" });
  const kid = randomBytes(9).toString("base64url");
  const key: SigningJwk = { kty: "OKP", crv: "Ed25519", x, d, kid, notBefore: systemClock.nowMs() };
  return new Secret(JSON.stringify([key]));
}

async function pageOf(
  root: string,
  env: Readonly<Record<string, string>>,
  say: (line: string) => void,
): Promise<string> {
  say("building the page, if it changed");
  return buildPage(root, env);
}

async function chatPossible(
  edgeUrl: string,
  plan: WorldPlan,
  pools: readonly PoolThere[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const startedMs = performance.now();
  const passed = (): boolean => signal?.aborted === true || performance.now() - startedMs > POOLS_UP_MS;
  const missing = await waitForPools(edgeUrl, plan, { passed });
  if (missing.length > 0) throw new WorldFault(`the edge does not see ${missing.join(" and ")}`);
  const unready = await waitForReady(pools, { passed });
  if (unready.length > 0) throw new WorldFault(`${unready.join(" and ")} did not become ready`);
}

function mortalEdge(options: EdgeOptions, lost: (what: string) => void) {
  let { port } = options;
  return mortal<Child & { readonly port: number }>({
    kind: "edge",
    region: "",
    begin: async () => {
      const started = await startEdge({ ...options, port });
      port = started.port; // where everybody looks for it when it comes again
      return { ...started.child, port };
    },
    lost: ({ output }) => lost(`the edge has ended; it said:\n${output().trim()}`),
  });
}
