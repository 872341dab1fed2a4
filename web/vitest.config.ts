import { defineConfig } from 'vitest/config'

// One run for the whole workspace. With `--reporter=json` the counts stand in numTotalTests, numPassedTests and numFailedTests.
export default defineConfig({
  test: {
    projects: [
      { test: { name: 'client', root: 'client', include: ['test/**/*.test.ts'] } },
      { test: { name: 'react', root: 'react', include: ['test/**/*.test.{ts,tsx}'], environment: 'jsdom' } },
    ],
  },
})
