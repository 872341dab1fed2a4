import { defineConfig } from '@playwright/test'

const long = process.env['EXEUNT_TEST_LONG'] === '1'
const slow = ['lossy.spec.ts'] // goes on for longest and mostly waits, so it begins first
const pictures = process.env['EXEUNT_PICTURES'] === '1' ? [] : ['pictures.spec.ts'] // it writes into docs/images

export default defineConfig({
  testDir: '.',
  projects: [
    { name: 'slow', testMatch: slow },
    { name: 'all others', testIgnore: [...slow, ...pictures] },
  ],
  globalSetup: './support/build.ts',
  workers: 3, // for two cores: most tests wait for something most of the time
  fullyParallel: true, // each worker has a server of its own
  timeout: long ? 1_800_000 : 300_000, // as long as a machine may take that has a tenth of the usual speed
  expect: { timeout: 60_000 }, // nothing is measured by it
  reporter: [['list'], ['json', { outputFile: '../e2e-results.json' }]],
  outputDir: '../e2e-traces',
})
