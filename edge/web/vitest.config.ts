import { defineConfig } from "vitest/config";

/** The page's pure parts, in Node. What needs a browser is named `*.int.test.ts`. */
export default defineConfig({
  test: { name: "web", include: ["test/*.test.ts"], exclude: ["test/*.int.test.ts"], environment: "node" },
});
