/** A reply as Redis has them; maps are flat lists of key and value. */
export type Reply = string | Buffer | number | null | readonly Reply[];

/** What the endpoint asks for its answers. A refused command rejects with an `Error` in Redis' own words. */
export type UpstashStore = {
  call(command: readonly string[]): Promise<Reply>;
  /**
   * All at once, or, when a command is no command, none (Redis MULTI). Errors of single commands stand in their place.
   */
  transaction(commands: readonly (readonly string[])[]): Promise<readonly (Reply | Error)[]>;
  close(): Promise<void>;
};
