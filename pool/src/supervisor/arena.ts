/** What the arena rule looks at of each shard. */
export type Fighter = {
  readonly number: number;
  readonly isUp: boolean;
  readonly isUnwell: boolean;
};

/**
 * Which shard leaves the arena now: the one that already does, until it serves afresh, else the first that wishes to,
 * if another serves beside it. One at a time, so that bad input never empties a pool (DESIGN §10).
 */
export function leavesArena(leaving: number | undefined, shards: readonly Fighter[]): number | undefined {
  const wishes = ({ isUp, isUnwell }: Fighter): boolean => isUp && isUnwell;
  const goesOn = shards.find(({ number, isUp, isUnwell }) => number === leaving && (!isUp || isUnwell));
  if (goesOn !== undefined) return goesOn.number;
  const first = shards.find(wishes);
  return first !== undefined && shards.some(({ number, isUp }) => isUp && number !== first.number)
    ? first.number
    : undefined;
}
