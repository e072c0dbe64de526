import { defineConfig } from "vitest/config";

/**
 * `unit` needs nothing but Node; `conformance` asks any API server whether it follows the rules, most often the built
 * binary; `e2e` drives the binary, and kubectl.
 */
export default defineConfig({
  test: {
    globalSetup: ["test/helpers/build.ts"],
    maxWorkers: 2,
    // No test may find who is logged in with cf on this machine: a CFAppSync would deploy there. Nor with docker.
    env: { CF_HOME: "/nonexistent", DOCKER_CONFIG: "/nonexistent" },
    // A busy machine is slow, not wrong.
    expect: { poll: { timeout: 10_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/e2e/**", "test/conformance/**", "test/fuzz/**"],
          // Longer than a few of the polls above: it is the poll that is to say what did not come.
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: "conformance",
          include: ["test/conformance/**/*.test.ts"],
          globalSetup: ["test/conformance/setup.ts"],
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: { name: "fuzz", include: ["test/fuzz/**/*.test.ts"], testTimeout: 24 * 3600 * 1000 },
      },
      {
        extends: true,
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
