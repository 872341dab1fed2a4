import { expect, test } from 'vitest'
import { Guard, type GuardOptions } from '../src/index.js'

const right: GuardOptions = {
  servers: ['https://login.example.com/exeunt'],
  issuer: 'https://login.example.com',
  audiences: ['orders'],
  clientId: 'app_01jq3f3zg2e4p8xkq7v5c9d2ab',
  clientSecret: 'exs_secret',
}

test('Options that are right make a guard', () => {
  expect(new Guard(right).isServing).toBe(false)
  expect(
    () => new Guard({ ...right, servers: ['http://localhost:8080', 'http://[::1]:1', new URL('http://127.0.0.1')] }),
  ).not.toThrow()
  expect(() => new Guard({ ...right, servers: ['http://login.example.com'], allowPlainHttp: true })).not.toThrow()
})

test.each<[string, Partial<GuardOptions>]>([
  ['servers', { servers: [] }],
  ['servers', { servers: ['login.example.com'] }],
  ['servers', { servers: ['http://login.example.com'] }],
  ['servers', { servers: ['https://login.example.com/?x'] }],
  ['servers', { servers: ['https://ada:secret@login.example.com'] }],
  ['issuer', { issuer: ' ' }],
  ['audiences', { audiences: [''] }],
  ['clientId', { clientId: 'orders' }],
  ['clientSecret', { clientSecret: '' }],
  ['name, instance', { name: 'x'.repeat(101) }],
  ['leeway', { leeway: 60_001 }],
  ['leeway', { leeway: NaN }],
  ['stale', { stale: { tolerate: -1 } }],
  ['rememberedTokens', { rememberedTokens: 0 }],
  ['mostRevocations', { mostRevocations: 0 }],
  ['snapshotFile', { snapshotFile: '/nowhere/at/all/guard' }],
])('A mistake in %s is named, without the secret', (name, mistake) => {
  expect(() => new Guard({ ...right, ...mistake })).toThrow(
    new RegExp(`^The guard cannot start.\n${name}: (?!.*secret@)`),
  )
})

test('Tokens are not taken without an audience', () => {
  const guard = new Guard({ ...right, audiences: [] })
  expect(() => guard.protect()).toThrow('audiences')
  expect(() => guard.behind(() => undefined)).not.toThrow()
})
