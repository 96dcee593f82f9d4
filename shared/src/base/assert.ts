/**
 * We are wrong, not the world. In a session it closes that one socket with `our_fault`; at start-up it ends the
 * process.
 */
export class InvariantError extends Error {
  override readonly name = "InvariantError";
}

/** Throws `InvariantError` unless `condition` holds. `promise` says what we promised, never what a person wrote. */
export function assert(condition: unknown, promise: string): asserts condition {
  if (!condition) throw new InvariantError(promise);
}

/** Ends every switch over a union: the compiler proves that no member is left. */
export function unreachable(value: never): never {
  throw new InvariantError(`a union grew without its case: ${typeof value}`);
}
