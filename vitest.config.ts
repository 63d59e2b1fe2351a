import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // As many as CI has cores; the suites wait for processes and disks of their own often enough.
    maxWorkers: 2,
    // No test changes a module: what was loaded, and what was compiled and made from it, serves a worker's next file too.
    isolate: false,
    env: {
      // Tests start a gateway about two hundred times; most of a start is compiling.
      NODE_COMPILE_CACHE: fileURLToPath(
        new URL("node_modules/.cache/node-compile", import.meta.url),
      ),
    },
    projects: [
      { test: { name: "core", include: ["packages/core/src/**/*.test.ts"] } },
      {
        test: {
          name: "gateway",
          include: [
            "packages/gateway/src/**/*.test.ts",
            "packages/sdk/src/**/*.test.ts",
            "examples/**/*.test.ts",
            "scripts/**/*.test.mjs",
          ],
          globalSetup: ["packages/gateway/src/testing/set-up-once.ts"],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
    ],
    coverage: { provider: "v8", include: ["packages/*/src/**"], exclude: ["**/generated/**"] },
  },
});
