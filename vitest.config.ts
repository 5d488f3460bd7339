import { defineConfig } from 'vitest/config'

// One project after the other: whole platforms do not share the processors with other suites.
const order = (groupOrder: number) => ({ sequence: { groupOrder } })
const shared = { testTimeout: 120_000, hookTimeout: 120_000 }

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          ...order(0),
          name: 'unit',
          include: [
            'packages/*/src/**/*.test.ts',
            'platform/*/src/**/*.test.ts',
            'models/**/*.test.ts',
            'scripts/**/*.test.ts',
            'bench/src/**/*.test.ts',
          ],
          exclude: ['**/*.int.test.ts', '**/node_modules/**'],
        },
      },
      {
        test: {
          ...shared,
          ...order(1),
          name: 'int',
          include: ['packages/*/src/**/*.int.test.ts', 'platform/*/src/**/*.int.test.ts'],
          globalSetup: ['packages/cornerman/src/testing/globalSetup.ts'],
          maxWorkers: 2,
        },
      },
      {
        test: {
          ...shared,
          ...order(2),
          name: 'e2e',
          include: ['e2e/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
