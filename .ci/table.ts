import { existsSync, globSync } from "node:fs";
import { join } from "node:path";
import { ROOT, type Step } from "./steps.ts";

const types = (project: string): Step => ({ name: `types ${project}`, program: "tsc", args: ["-p", project] });
const vitest = (name: string, cwd: string, ...more: string[]): Step => ({
  name,
  program: "vitest",
  args: ["run", ...more],
  cwd,
  vitest: true,
});

/** What looks at the sources without running them. */
export const LOOKS: readonly Step[] = [
  { name: "format", program: "biome", args: ["format", "."] },
  { name: "lint", program: "biome", args: ["lint", "--error-on-warnings", "."] },
  ...["shared", "shared/test", "pool", "edge", "edge/web", "edge/web/test", "loadtest", ".ci"]
    .filter((project) => existsSync(join(ROOT, project, "tsconfig.json")))
    .map(types),
];

const REPOSITORY = ["test/tidy.test.ts", "test/docs.test.ts", "test/build.test.ts"];

/** Tests that need no server of others. The longest first: the edge's run inside workerd. */
export const UNITS: readonly Step[] = [
  vitest("unit edge, in workerd", "edge"),
  vitest("unit pool", "pool"),
  vitest("unit shared", "shared", ...REPOSITORY.map((file) => `--exclude=${file}`)),
  vitest("tidy, docs, build", "shared", ...REPOSITORY),
  vitest("unit page", "edge/web"),
  ...(globSync("{src,test}/**/*.test.ts", { cwd: join(ROOT, "loadtest") }).length > 0
    ? [vitest("unit loadtest", "loadtest")]
    : []),
];

/** Tests on real servers, on workerd and in a browser; one after another, because they watch clocks. */
export const INTEGRATIONS: readonly Step[] = [
  vitest("integration pool", "pool", "--", "--integration"),
  vitest("integration edge", "edge", "--", "--integration"),
  vitest("integration loadtest", "loadtest", "--", "--integration"),
  vitest("integration page, in Chromium", "edge/web", "--", "--integration"),
];
