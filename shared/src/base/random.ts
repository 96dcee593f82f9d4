/** Chance as an argument, so that a test can choose it. */
export type Random = {
  /** `count` bytes nobody can guess. */
  bytes(count: number): Uint8Array;
  /** A number from 0 (included) to 1 (excluded), for spreading and choosing, not for secrets. */
  unit(): number;
};

const word = new Uint32Array(1);

/** The machine's own source, by WebCrypto. */
export const systemRandom: Random = {
  bytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
  unit: () => {
    crypto.getRandomValues(word);
    return (word[0] as number) / 0x1_0000_0000;
  },
};
