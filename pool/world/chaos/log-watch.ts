/** Passes logs on and counts the broken assertions in them. */
export class LogWatch {
  readonly #on: (piece: string) => void;
  #rest = "";
  broken = 0;

  constructor(on: (piece: string) => void) {
    this.#on = on;
  }

  take(piece: string): void {
    this.#on(piece);
    const lines = (this.#rest + piece).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) if (line.includes('"promise_broken"')) this.broken++;
  }
}
