import { defineConfig } from "vitest/config";

const integration = process.argv.includes("--integration");

/** `vitest run` runs what needs no server; `vitest run -- --integration` what starts real ones. */
export default defineConfig({
  test: {
    include: integration ? ["test/**/*.int.test.ts"] : ["src/**/*.test.ts", "test/**/*.test.ts"],
    exclude: integration ? [] : ["test/**/*.int.test.ts", "**/node_modules/**"],
    testTimeout: 20_000,
    // What starts servers mostly waits: two at a time, whatever the machine has.
    ...(integration ? { maxWorkers: 2 } : {}),
  },
});
