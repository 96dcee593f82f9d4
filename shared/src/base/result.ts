/** What a parser or a rule answers: a value, or a code. Never a throw for what the world did. */
export type Ok<T> = { readonly ok: true; readonly value: T };
export type Fail<C> = { readonly ok: false; readonly code: C };
export type Result<T, C> = Ok<T> | Fail<C>;

/** It went well, and this came of it. */
export const ok = <T>(value: T): Ok<T> => ({ ok: true, value });
/** It was refused, with a code from a table. */
export const fail = <const C>(code: C): Fail<C> => ({ ok: false, code });
