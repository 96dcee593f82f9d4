type Row = { readonly member: string; readonly score: number };

const isBefore = (a: Row, score: number, member: string): boolean =>
  a.score < score || (a.score === score && a.member < member);

/** Members in the order of their score, then of their name: what a sorted set is in Redis. Members are ASCII. */
export class SortedIndex {
  readonly #rows: Row[] = [];
  readonly #scores = new Map<string, number>();

  get size(): number {
    return this.#rows.length;
  }

  /** The score of a member, or `undefined` when it is not here. */
  scoreOf(member: string): number | undefined {
    return this.#scores.get(member);
  }

  /** Adds a member, or moves it to another score. */
  put(member: string, score: number): void {
    if (this.#scores.get(member) === score) return;
    this.drop(member);
    this.#rows.splice(this.#placeOf(score, member), 0, { member, score });
    this.#scores.set(member, score);
  }

  /** Takes a member out; one that is not here is no fault. */
  drop(member: string): void {
    const score = this.#scores.get(member);
    if (score === undefined) return;
    this.#rows.splice(this.#placeOf(score, member), 1);
    this.#scores.delete(member);
  }

  /** The first `most` members with their scores. */
  first(most: number): readonly Row[] {
    return this.#rows.slice(0, most);
  }

  /** The first `most` members whose score is `score` or less. */
  upTo(score: number, most: number): readonly string[] {
    const found: string[] = [];
    for (const row of this.#rows) {
      if (found.length >= most || row.score > score) break;
      found.push(row.member);
    }
    return found;
  }

  #placeOf(score: number, member: string): number {
    let low = 0;
    let high = this.#rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const row = this.#rows[middle];
      if (row !== undefined && isBefore(row, score, member)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
