import { defineConfig } from "vitest/config";

const integration = process.argv.includes("--integration");

/** `vitest run` tests the pure parts in Node; `vitest run -- --integration` drives the built page in Chromium. */
export default defineConfig({
  test: integration
    ? { include: ["test/*.int.test.ts"], testTimeout: 30_000, hookTimeout: 60_000, environment: "node" }
    : { include: ["test/*.test.ts"], exclude: ["test/*.int.test.ts"], environment: "node" },
});
