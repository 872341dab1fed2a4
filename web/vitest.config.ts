import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

// One run for the whole workspace. With `--reporter=json` the counts stand in numTotalTests, numPassedTests and numFailedTests.
const source = (path: string) => fileURLToPath(new URL(path, import.meta.url))
// The sources, so that no test runs against a build that is out of date.
const resolve = {
  alias: {
    '@exeunt/client/words': source('client/src/words.ts'),
    '@exeunt/client': source('client/src/index.ts'),
    '@exeunt/react': source('react/src/index.ts'),
  },
}

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'client', root: 'client', include: ['test/**/*.test.ts'] } },
      // Its tests wait for real sockets, on a machine that may be busy.
      { test: { name: 'express', root: 'express', include: ['test/**/*.test.ts'], testTimeout: 60_000 } },
      {
        resolve,
        test: { name: 'console', root: 'console', include: ['test/**/*.test.{ts,tsx}'], environment: 'jsdom' },
      },
      { resolve, test: { name: 'react', root: 'react', include: ['test/**/*.test.{ts,tsx}'], environment: 'jsdom' } },
    ],
  },
})
