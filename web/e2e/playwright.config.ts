import { defineConfig } from '@playwright/test'

const long = process.env['EXEUNT_TEST_LONG'] === '1'

export default defineConfig({
  testDir: '.',
  testIgnore: process.env['EXEUNT_PICTURES'] === '1' ? [] : ['pictures.spec.ts'], // it writes into docs/images
  globalSetup: './support/build.ts',
  workers: 3, // for two cores: most tests wait for something most of the time
  fullyParallel: true, // each worker has a server of its own
  timeout: long ? 900_000 : 80_000,
  expect: { timeout: 20_000 }, // how long a busy machine may take; nothing is measured by it
  reporter: [['list'], ['json', { outputFile: '../e2e-results.json' }]],
  outputDir: '../e2e-traces',
})
