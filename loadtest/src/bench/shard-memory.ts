import { newCertificate } from "./certificate.ts";
import { type Measured, median } from "./lines.ts";
import { askNumber, pause } from "./processes.ts";
import { type Side, startRelay, startShard } from "./shard-place.ts";

/** How many sockets are held while memory is read. */
export const SOCKETS = 15_000;
/** With TLS fewer will do, each of which costs many times as much, in the generator too. */
const TLS_SOCKETS = 3_000;
/** Tickets live 30 s, so they are signed for a slice at a time. */
const SLICE = 5_000;
/** What opening left behind is done by then: memos answered, timers fired. */
const SETTLE_MS = 1_500;

/** The rise of a fresh process's memory per idle socket. */
async function bytesPerSocket(side: Side, sockets: number): Promise<number> {
  const before = await askNumber(side.server, "memory_bytes");
  for (let held = 0; held < sockets; held += SLICE) {
    const more = Math.min(SLICE, sockets - held);
    await side.crowd.ask("sign", more);
    await side.crowd.ask("open", more);
  }
  await pause(SETTLE_MS);
  const after = await askNumber(side.server, "memory_bytes");
  return (after - before) / sockets;
}

/** How many fresh processes are asked: heaps grow in steps, and where the last step falls is chance. */
const ROUNDS = 3;

/** One fresh process, filled and ended. */
async function measured(start: () => Promise<Side>, sockets = SOCKETS): Promise<number> {
  const side = await start();
  const bytes = await bytesPerSocket(side, sockets);
  const { held } = (await side.server.ask("numbers")) as { readonly held: number };
  if (held !== sockets) throw new Error(`${side.server.name} held ${held} sockets, not ${sockets}`);
  await side.stop();
  return bytes;
}

/** `shard.idle_bytes`: user memory of an idle admitted session, beside a socket of the bare library. */
export async function measureMemory(say: (line: string) => void): Promise<Measured> {
  const [bare, ours]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    bare.push(await measured(startRelay));
    ours.push(await measured(() => startShard()));
    say(`memory: bare ${bare.at(-1)?.toFixed(0)} bytes a socket, shard ${ours.at(-1)?.toFixed(0)} a session`);
  }
  const baseline = { name: "bare uWebSockets.js, bytes/socket", value: median(bare) };
  return { name: "shard.idle_bytes", value: median(ours), baseline };
}

/** `shard.tls_bytes`: the same of sessions that came in by TLS, beside as many that came in without. */
export async function measureTlsMemory(say: (line: string) => void): Promise<Measured> {
  const certificate = newCertificate();
  const [plain, secure]: [number[], number[]] = [[], []];
  try {
    for (let round = 0; round < ROUNDS; round++) {
      plain.push(await measured(() => startShard(), TLS_SOCKETS));
      secure.push(await measured(() => startShard(certificate), TLS_SOCKETS));
      say(`memory: plain ${plain.at(-1)?.toFixed(0)} bytes a session, with TLS ${secure.at(-1)?.toFixed(0)}`);
    }
  } finally {
    certificate.remove();
  }
  const baseline = { name: `without TLS, ${TLS_SOCKETS} sessions as well, bytes/session`, value: median(plain) };
  return { name: "shard.tls_bytes", value: median(secure), baseline };
}
