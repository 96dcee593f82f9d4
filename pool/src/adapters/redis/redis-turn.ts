import { toBase64Url } from "@whisper/shared/base/base64url";
import type { Random } from "@whisper/shared/base/random";
import type { Turn } from "../../clerk/directory-rounds.ts";
import { DIRECTORY_TURN_KEY } from "./keys.ts";
import { connectRedis } from "./redis-connection.ts";
import { luaScript } from "./redis-script.ts";

const TURN = luaScript("turn");

/**
 * Whose turn it is to publish the directory: one clerk holds it as long as it asks within `heldMs`, then another.
 * While Redis is away it is nobody's: pools that cannot admit anybody need not be praised.
 */
export async function openRedisTurn(
  url: string,
  heldMs: number,
  random: Random,
  onFault: (error: Error) => void,
): Promise<Turn & { close(): Promise<void> }> {
  const redis = await connectRedis(url, onFault);
  const me = toBase64Url(random.bytes(9));
  return {
    async isMine() {
      try {
        return (await TURN.run(redis, [DIRECTORY_TURN_KEY], [me, heldMs])) === 1;
      } catch {
        return false; // the connection reports its own faults
      }
    },
    async close() {
      redis.disconnect();
    },
  };
}
