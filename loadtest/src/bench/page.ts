import type { BenchLine, GroupName } from "./lines.ts";
import { type Profile, partsOf } from "./profile.ts";

const opening = (group: string): string => `<!-- measured: ${group} (npm run bench -- ${group} --page) -->`;
const CLOSING = "<!-- end of measured -->";
const SPOTS_SHOWN = 15;

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
const number = (value: number): string => (Number.isInteger(value) ? String(value) : value.toFixed(value < 10 ? 3 : 0));

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(heads), `|${heads.map(() => "---|").join("")}`, ...rows.map(line)].join("\n");
}

const profileText = ({ title, spots }: Profile): string =>
  [
    `### Where the CPU time goes: ${title}`,
    table(
      ["Part", "Share"],
      partsOf(spots).map(({ part, share }) => [part, percent(share)]),
    ),
    "The functions that cost most themselves:",
    table(
      ["Function", "File", "Share"],
      spots
        .slice(0, SPOTS_SHOWN)
        .map(({ name, file, share }) => [`\`${name}\``, file === "" ? "(native)" : file, percent(share)]),
    ),
  ].join("\n\n");

/** What was measured, as the page shows it: the numbers, the machine, and the profiles. */
export function sectionOf(lines: readonly BenchLine[], profiles: readonly Profile[]): string {
  const [first] = lines;
  if (first === undefined) throw new RangeError("a page shows what was measured, and nothing was");
  const { machine, commit } = first;
  const gib = (machine.memory_bytes / 2 ** 30).toFixed(0);
  const rows = lines.map(({ name, value, unit, goal, met, baseline }) => [
    `\`${name}\``,
    `${number(value)} ${unit}`,
    `${number(goal)}${met ? "" : " (missed)"}`,
    `${number(baseline.value)}: ${baseline.name}`,
  ]);
  const where = `Measured on ${machine.cores} cores of ${machine.cpu}, ${gib} GiB, at commit \`${commit}\`.`;
  return [
    where,
    table(["Name", "Measured", "Goal", "Beside it, in the same run"], rows),
    ...profiles.map(profileText),
  ].join("\n\n");
}

/** The page with `section` between the marks of `group`; throws when the page has no such marks. */
export function putSection(page: string, group: GroupName, section: string): string {
  const from = page.indexOf(opening(group));
  const to = page.indexOf(CLOSING, from);
  if (from < 0 || to < 0) throw new Error(`the page has no place for ${group}: ${opening(group)} … ${CLOSING}`);
  return `${page.slice(0, from)}${opening(group)}\n\n${section}\n\n${page.slice(to)}`;
}
