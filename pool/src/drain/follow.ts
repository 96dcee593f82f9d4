import { DRAIN_STATES, type DrainProgress } from "../runtime/drain-progress.ts";

/** One pool's ops port, and what it asks for. */
export type OpsPort = { readonly url: string; readonly token: string | undefined };

/** Why a drain could not be ordered or followed, in words for whoever asked. */
export class DrainFault extends Error {
  override readonly name = "DrainFault";
}

const ANSWER_MS = 5_000;
const isCount = (value: unknown): value is number => typeof value === "number" && Number.isSafeInteger(value);

/** What an ops port says of a drain, or a fault: another program may be listening there. */
export function parseProgress(raw: unknown): DrainProgress | undefined {
  if (typeof raw !== "object" || raw === null) return undefined;
  const { state, total, left, moved, closed } = raw as Record<string, unknown>;
  const known = DRAIN_STATES.find((one) => one === state);
  if (known === undefined || !isCount(total) || !isCount(left) || !isCount(moved) || !isCount(closed)) return undefined;
  return { state: known, total, left, moved, closed };
}

async function ask({ url, token }: OpsPort, method: "GET" | "POST" | "DELETE"): Promise<DrainProgress> {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  let answer: Response;
  try {
    const headers = { "x-whisper-ops": "1", ...authorization };
    answer = await fetch(`${url}/drain`, { method, headers, signal: AbortSignal.timeout(ANSWER_MS) });
  } catch (cause) {
    throw new DrainFault(`${url} does not answer: is the pool's ops port there?`, { cause });
  }
  if (answer.status === 401) throw new DrainFault(`${url} asks for its token: set WHISPER_OPS_TOKEN`);
  if (!answer.ok) throw new DrainFault(`${url} answered ${answer.status}: ${(await answer.text()).trim()}`);
  const progress = parseProgress(await answer.json());
  if (progress === undefined) throw new DrainFault(`${url} is no pool's ops port`);
  return progress;
}

/** Orders the drain; ordered twice is as once. */
export const orderDrain = (port: OpsPort): Promise<DrainProgress> => ask(port, "POST");
/** Undoes it: the pool takes newcomers again. */
export const undoDrain = (port: OpsPort): Promise<DrainProgress> => ask(port, "DELETE");
/** How far it is. */
export const drainOf = (port: OpsPort): Promise<DrainProgress> => ask(port, "GET");

/** A line for a person: `eu-west/p1: 12,000 of 15,000 moved, 3,000 left, 1,480/s`. */
export function lineOf(name: string, { state, total, left, moved, closed }: DrainProgress, seconds: number): string {
  const rate = seconds > 0 ? `, ${Math.round(moved / seconds).toLocaleString("en")}/s` : "";
  const room = state === "no_room" ? "; no room elsewhere: the deadline waits" : "";
  const cut = closed > 0 ? `, ${closed.toLocaleString("en")} closed at the deadline` : "";
  const all = total.toLocaleString("en");
  return `${name}: ${moved.toLocaleString("en")} of ${all} moved, ${left.toLocaleString("en")} left${cut}${rate}${room}`;
}
