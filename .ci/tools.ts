import { spawn } from "node:child_process";
import { accessSync, constants, existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { ROOT } from "./steps.ts";

type Tool = { readonly name: string; readonly programs: readonly string[]; readonly debian: string };

/** The programs of others that the tests run. Started by the tests themselves, on free ports. */
const TOOLS: readonly Tool[] = [
  { name: "redis-server", programs: ["redis-server"], debian: "redis-server" },
  { name: "nats-server", programs: ["nats-server"], debian: "nats-server" },
  { name: "PostgreSQL", programs: ["postgres"], debian: "postgresql" },
  { name: "openssl", programs: ["openssl"], debian: "openssl" },
  { name: "Chromium", programs: ["chromium", "chromium-browser", "google-chrome"], debian: "chromium" },
];

/** Debian keeps servers in places that a plain PATH does not name. */
function places(): readonly string[] {
  const versions = "/usr/lib/postgresql";
  const postgres = existsSync(versions) ? readdirSync(versions).map((one) => join(versions, one, "bin")) : [];
  return [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin", ...postgres];
}

function isThere(tool: Tool): boolean {
  return places().some((dir) =>
    tool.programs.some((program) => {
      try {
        accessSync(join(dir, program), constants.X_OK);
        return true;
      } catch {
        return false;
      }
    }),
  );
}

/** Installs what is missing where that can be done. Gives the lines that tell a person what still is, or none. */
export async function provideTools(say: (text: string) => void): Promise<readonly string[]> {
  const missing = TOOLS.filter((tool) => !isThere(tool));
  if (missing.length === 0) return [];
  const packages = missing.map((tool) => tool.debian);
  if (existsSync("/etc/debian_version") && process.getuid?.() === 0) {
    say(`Installing ${packages.join(", ")} with apt-get`);
    const exit = await new Promise<number | null>((resolve) => {
      const child = spawn("bash", [join(ROOT, ".ci", "install"), ...packages], {
        stdio: ["ignore", "inherit", "inherit"],
      });
      child.on("error", () => resolve(null));
      child.on("exit", resolve);
    });
    if (exit === 0 && missing.every(isThere)) return [];
  }
  return [
    `The tests need ${missing.map((tool) => tool.name).join(", ")}, which this machine lacks.`,
    "The tests start them themselves, on free ports; they only have to be installed.",
    `  Debian, Ubuntu: sudo apt-get install --no-install-recommends ${packages.join(" ")}`,
    "  Elsewhere: install these programs so that they are on the PATH, then run npm test again.",
  ];
}
