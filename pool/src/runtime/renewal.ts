import type { Log } from "../ports.ts";
import { type CertificateFault, checkCertificate } from "./certificate.ts";
import { printOf, readPair, readPairLater, type Served, type TlsFiles } from "./tls-files.ts";

const DAY_MS = 86_400_000;
/** A certificate that ends within this is told of once a day: a renewal every 60 days is long overdue by then. */
const ENDS_SOON_MS = 7 * DAY_MS;

type Why = CertificateFault | "library";
const toldOf = (print: string, why: Why): string => `${print} ${why}`;

export type RenewalWorld = {
  readonly files: TlsFiles;
  /** What is served at the start. */
  readonly served: Served;
  readonly log: Log;
  readonly nowMs: () => number;
  /** Serves newcomers with what the files hold now; throws when the library cannot. */
  readonly renew: () => void;
  /** How often the files are looked at; a pair is taken when two looks in a row saw the same. */
  readonly everyMs: number;
};

/**
 * Takes up a renewed certificate, by looking at the files: that works for files that are written, renamed, or linked
 * anew, on every file system, without anybody sending a signal. Until the two files hold still and can be served, what
 * was served before is, and the log says why, once.
 */
export class Renewal {
  readonly #world: RenewalWorld;
  #served: Served;
  #seen = "";
  #told = "";
  #toldDay = 0;

  constructor(world: RenewalWorld) {
    this.#world = world;
    this.#served = world.served;
  }

  /** Looks from now on; the answer stops it. */
  start(): () => void {
    let isLooking = false;
    const look = (): void => {
      if (isLooking) return; // a disk that takes longer than that
      isLooking = true;
      void this.look().finally(() => {
        isLooking = false;
      });
    };
    const timer = setInterval(look, this.#world.everyMs);
    return () => clearInterval(timer);
  }

  /** Looks once; never rejects. */
  async look(): Promise<void> {
    this.#warn();
    const { files, nowMs } = this.#world;
    const read = await readPairLater(files);
    const print = read.ok ? printOf(read.value) : read.code;
    const isStill = print === this.#seen;
    this.#seen = print;
    if (!isStill) return;
    if (print === this.#served.print) {
      this.#told = "";
      return;
    }
    const checked = read.ok ? checkCertificate(read.value, nowMs()) : read;
    if (!checked.ok) this.#refuse(print, checked.code);
    // What the library could not use is not tried again: each try costs memory.
    else if (this.#told !== toldOf(print, "library")) this.#take({ print, ...checked.value });
  }

  /** The library reads the files itself: what they hold before and after must be what was checked. */
  #take(wanted: Served): void {
    const { files, log, nowMs, renew } = this.#world;
    const isStill = (): boolean => {
      const read = readPair(files);
      return read.ok && printOf(read.value) === wanted.print;
    };
    if (!isStill()) return; // the next look sees what became of it
    try {
      renew();
    } catch {
      return this.#refuse(wanted.print, "library");
    }
    this.#told = "";
    // Written over in that very moment: what is served now has no name, so that the next looks take the files again.
    this.#served = isStill() ? wanted : { ...wanted, print: "" };
    log.info("certificate_taken", { days: Math.floor((wanted.endsMs - nowMs()) / DAY_MS) });
  }

  #refuse(print: string, why: Why): void {
    const told = toldOf(print, why);
    if (this.#told === told) return;
    this.#told = told;
    this.#world.log.error("certificate_refused", { why });
  }

  #warn(): void {
    const nowMs = this.#world.nowMs();
    const leftMs = this.#served.endsMs - nowMs;
    const day = Math.floor(nowMs / DAY_MS);
    if (leftMs > ENDS_SOON_MS || day === this.#toldDay) return;
    this.#toldDay = day;
    this.#world.log.warn("certificate_ends", { days: Math.floor(leftMs / DAY_MS) });
  }
}
