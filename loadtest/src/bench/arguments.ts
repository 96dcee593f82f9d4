import { parseArgs } from "node:util";
import { GROUPS, NUMBERS, type NumberName, numbersOf } from "./lines.ts";

export type Wish =
  | { readonly do: "help" }
  | { readonly do: "list" }
  | { readonly do: "measure"; readonly names: readonly NumberName[]; readonly page: string | undefined }
  | { readonly do: "refuse"; readonly why: string };

export const HELP = `npm run bench [-- <group or name>] [--page <file>] [--list] [--help]

Measures the product's claims on this machine, each beside a baseline in the same run: one JSON object per line on
standard output, progress on standard error. Without a name everything is measured.

  <group or name>   a group of numbers, or the name of one
  --page <file>     also writes what was measured, with profiles, between the marks of that page
  --list            the groups and names
  --help            this

Exit: 0 measured (whether or not a goal was met), 1 something went wrong and nothing false was printed, 2 wrong usage.`;

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
  return { do: "measure", names, page: values.page };
}

/** The first sentence: what follows it is advice for other programs. */
const faultIn = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split(". ")[0]?.toLowerCase() ?? "";

const parse = (argv: readonly string[]) =>
  parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: { page: { type: "string" }, list: { type: "boolean" }, help: { type: "boolean", short: "h" } },
  });
