import type { SessionId } from "@whisper/shared/base/ids";
import { openPoolGround, type PoolGround } from "./pool-process.ts";
import { comeIn, type Door, isInside, SteadyChat } from "./steady-chat.ts";
import type { Stranger } from "./stranger.ts";

// Two pools on real servers, and people in them, for tests of what fails under them.

export type TwoPools = { readonly ground: PoolGround; readonly doors: readonly [Door, Door] };

/** Starts them, with a Redis of one's own or without; texts are not metered. Whoever asks closes the ground. */
export async function openTwoPools(
  path: Readonly<{ PATH: string; HOME: string }>,
  redisUrl?: string,
): Promise<TwoPools> {
  const ground = await openPoolGround(path, redisUrl);
  const doorOf = async (pool: string): Promise<Door> => {
    const { url } = await ground.pool({ WHISPER_POOL: pool, WHISPER_TEXTS_PER_WINDOW: "1000000" });
    return { port: Number(new URL(url).port), pool };
  };
  return { ground, doors: await Promise.all([doorOf("p1"), doorOf("p2")]) };
}

/** The session of somebody who is in. */
export const sessionOf = (one: Stranger): SessionId => String(one.all("session_created")[0]?.session_id) as SessionId;

/** A newcomer's fate: the close code, or `in`. */
export async function fate(door: Door, { key }: PoolGround): Promise<number | "in"> {
  const one = await comeIn(door.port, key, "127.0.0.1", door.pool);
  const came = isInside(one) ? "in" : (await one.end()).code;
  one.vanish();
  return came;
}

/** Somebody who is in, and seeks. */
export async function seeker(door: Door, ground: PoolGround, interest: string): Promise<Stranger> {
  const one = await comeIn(door.port, ground.key, "127.0.0.1", door.pool);
  one.say({ type: "find_match", interests: [interest] });
  await one.next("matching_started");
  return one;
}

/** Two chats that must not notice anything, one within a pool and one across. */
export async function twoChats({ ground, doors: [first, second] }: TwoPools) {
  const local = await SteadyChat.start(first.port, ground.key);
  const cross = await SteadyChat.start(first.port, ground.key, second);
  const all = [local, cross];
  return {
    cross,
    caughtUp: () => Promise.all(all.map((chat) => chat.caughtUp())),
    stop: () => Promise.all(all.map((chat) => chat.stop())),
  };
}
