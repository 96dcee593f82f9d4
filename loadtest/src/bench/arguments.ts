import { parseArgs } from "node:util";
import type { KillWish } from "./kills.ts";
import { GROUPS, NUMBERS, type NumberName, numbersOf } from "./lines.ts";

export type Wish =
  | { readonly do: "help" }
  | { readonly do: "list" }
  | {
      readonly do: "measure";
      readonly names: readonly NumberName[];
      readonly page: string | undefined;
      readonly kills: KillWish;
    }
  | { readonly do: "refuse"; readonly why: string };

export const HELP = `npm run bench [-- <group or name>] [--page <file>] [--kills <count>] [--list] [--help]

Measures the product's claims on this machine, each beside a baseline in the same run: one JSON object per line on
standard output, progress on standard error. Without a name everything is measured.

  <group or name>   a group of numbers, or the name of one
  --page <file>     also writes what was measured, with profiles, between the marks of that page
  --kills <count>   how many shards the group kills ends, 1 to 100000 (default: 1000, 20 minutes)
  --seed <number>   chooses what is killed when (default: 1)
  --send-once       test hook: nobody resends a text, so that the group kills can be seen to find the loss
  --list            the groups and names
  --help            this

Exit: 0 measured (whether or not a goal was met), 1 something went wrong and nothing false was printed, or what must
never happen did and its line says so, 2 wrong usage.`;

const KILLS = "1000";
const SEED = "1";

const ALL = Object.keys(NUMBERS) as NumberName[];
const groups = GROUPS.join(", ");

/** What a command line asks for. Never throws: what cannot be read is refused in one line. */
export function readArguments(argv: readonly string[]): Wish {
  let given: ReturnType<typeof parse>;
  try {
    given = parse(argv);
  } catch (error) {
    return {
      do: "refuse",
      why: `${faultIn(error)}. Write npm run bench -- --help to see what there is`,
    };
  }
  const { values, positionals } = given;
  if (values.help) return { do: "help" };
  if (values.list) return { do: "list" };
  const [wanted, more] = positionals;
  if (more !== undefined)
    return { do: "refuse", why: `one group or name at a time. Write one of ${groups}, or see --list` };
  const names = wanted === undefined ? ALL : numbersOf(wanted);
  if (names === undefined)
    return {
      do: "refuse",
      why: `nothing is called "${wanted}". Write one of ${groups}, or a name of npm run bench -- --list`,
    };
  if (values.page !== undefined && wanted !== undefined && !GROUPS.some((group) => group === wanted))
    return { do: "refuse", why: `a page shows whole groups. Write one of ${groups} beside --page` };
  const [kills, seed] = [wholeNumber(values.kills, 1, 100_000), wholeNumber(values.seed, 0, Number.MAX_SAFE_INTEGER)];
  if (kills === undefined) return { do: "refuse", why: "--kills takes a whole number from 1 to 100000" };
  if (seed === undefined) return { do: "refuse", why: "--seed takes a whole number from 0 up" };
  return { do: "measure", names, page: values.page, kills: { kills, seed, sendsOnce: values["send-once"] } };
}

function wholeNumber(text: string, from: number, to: number): number | undefined {
  const value = Number(text);
  return /^\d{1,16}$/.test(text) && value >= from && value <= to ? value : undefined;
}

/** The first sentence: what follows it is advice for other programs. */
const faultIn = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split(". ")[0]?.toLowerCase() ?? "";

const parse = (argv: readonly string[]) =>
  parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      page: { type: "string" },
      kills: { type: "string", default: KILLS },
      seed: { type: "string", default: SEED },
      "send-once": { type: "boolean", default: false },
      list: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  });
