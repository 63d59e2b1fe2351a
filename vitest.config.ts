import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      { test: { name: "core", include: ["packages/core/src/**/*.test.ts"] } },
      {
        test: {
          name: "gateway",
          include: ["packages/gateway/src/**/*.test.ts", "packages/sdk/src/**/*.test.ts", "examples/**/*.test.ts"],
          globalSetup: ["packages/gateway/src/testing/start-postgres-once.ts"],
          testTimeout: 30_000,
        },
      },
    ],
    coverage: { provider: "v8", include: ["packages/*/src/**"], exclude: ["**/generated/**"] },
  },
});
