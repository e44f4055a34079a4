import { defineConfig } from 'vitest/config';

// One process for all files of a project: the code under test holds no global state, so isolation buys nothing.
const shared = { pool: 'threads', isolate: false, testTimeout: 120_000 } as const;

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['src/**/*.test.ts', 'conformance/**/*.test.ts', 'bench/**/*.test.ts'],
          exclude: ['src/sim/**/*.test.ts'],
        },
      },
      // Thousands of seeds in one test; the time is only to end what hangs.
      { test: { ...shared, name: 'sim', testTimeout: 1_200_000, include: ['src/sim/**/*.test.ts'] } },
    ],
  },
});
