import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

// workerd would ask Cloudflare for a sample of `request.cf`; tests ask nobody outside this machine.
process.env.CLOUDFLARE_CF_FETCH_ENABLED = "false";
process.env.WRANGLER_SEND_METRICS = "false";

const integration = process.argv.includes("--integration");

/**
 * `vitest run` runs inside workerd; `vitest run -- --integration` starts the whole Worker as the development world
 * does.
 */
export default defineConfig(
  integration
    ? { test: { include: ["test/**/*.int.test.ts"], testTimeout: 30_000 } }
    : {
        plugins: [cloudflareTest({ miniflare: { compatibilityDate: "2026-05-01" } })],
        test: {
          include: ["src/**/*.test.ts", "test/**/*.test.ts"],
          exclude: ["test/**/*.int.test.ts", "web/**", "**/node_modules/**"],
          globalSetup: ["./test/support/stand-ins.ts"],
        },
      },
);
