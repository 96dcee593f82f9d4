import type { Measured } from "./lines.ts";
import { askNumber, pause } from "./processes.ts";
import { type Side, startRelay, startShard } from "./shard-place.ts";

/** How many sockets are held while memory is read. */
export const SOCKETS = 15_000;
/** Tickets live 30 s, so they are signed for a slice at a time. */
const SLICE = 5_000;
/** What opening left behind is done by then: memos answered, timers fired. */
const SETTLE_MS = 1_500;

/** The rise of a fresh process's memory per idle socket. */
async function bytesPerSocket(side: Side): Promise<number> {
  const before = await askNumber(side.server, "memory_bytes");
  for (let held = 0; held < SOCKETS; held += SLICE) {
    await side.crowd.ask("sign", SLICE);
    await side.crowd.ask("open", SLICE);
  }
  await pause(SETTLE_MS);
  const after = await askNumber(side.server, "memory_bytes");
  return (after - before) / SOCKETS;
}

/** `shard.idle_bytes`: user memory of an idle admitted session, beside a socket of the bare library. */
export async function measureMemory(say: (line: string) => void): Promise<Measured> {
  const relay = await startRelay();
  const bare = await bytesPerSocket(relay);
  await relay.stop();
  say(`memory: bare library ${bare.toFixed(0)} bytes a socket at ${SOCKETS}`);
  const shard = await startShard();
  const value = await bytesPerSocket(shard);
  const { held } = (await shard.server.ask("numbers")) as { readonly held: number };
  await shard.stop();
  if (held !== SOCKETS) throw new Error(`the shard held ${held} sessions, not ${SOCKETS}`);
  say(`memory: shard ${value.toFixed(0)} bytes a session`);
  return { name: "shard.idle_bytes", value, baseline: { name: "bare uWebSockets.js, bytes/socket", value: bare } };
}
