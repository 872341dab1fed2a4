import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { actions, toneOf } from '../src/words/actions.js'
import { auditQuery, sessionSearch, withoutCursor } from '../src/words/filters.js'
import { readLines } from '../src/words/ndjson.js'
import { isScope, scopeRequest, scopes, typedWord } from '../src/words/scopes.js'
import { beginningOf, columnsOf, rangeOf, ranges, topOf } from '../src/words/series.js'

const query = (text: string) => new URLSearchParams(text)

describe('the session explorer reads its address', () => {
  test.each([
    ['', { kind: 'list', query: '' }],
    ['alive=true&client=web', { kind: 'list', query: '?client=web&alive=true' }],
    ['user=usr_1&cursor=abc&unknown=x', { kind: 'list', query: '?user=usr_1&cursor=abc' }],
    ['q=%20ada%20', { kind: 'person', words: 'ada' }],
    ['q=ses_01jq', { kind: 'session', id: 'ses_01jq' }],
    ['q=usr_01jq&alive=true', { kind: 'list', query: '?user=usr_01jq&alive=true' }],
    ['q=usr_01jq/../x', { kind: 'person', words: 'usr_01jq/../x' }],
  ])('%s', (address, search) => {
    expect(sessionSearch(query(address))).toEqual(search)
  })
})

describe('the audit trail reads its address', () => {
  test.each([
    ['', ''],
    ['action=signed_in&from=2027-03-01', '?action=signed_in&from=2027-03-01'],
    ['to=2027-02-28', '?to=2027-03-01'], // the last day is included
    ['to=rubbish', '?to=rubbish'], // the server says what is wrong with it
    ['reason=admin&cursor=x', '?reason=admin&cursor=x'],
  ])('%s', (address, wanted) => {
    expect(auditQuery(query(address))).toBe(wanted)
  })

  test('an export takes the filters and not the place', () => {
    expect(auditQuery(withoutCursor(query('reason=admin&cursor=x')))).toBe('?reason=admin')
  })
})

describe('actions', () => {
  test('all that the server records have words, and no others', () => {
    const source = readFileSync(join(import.meta.dirname, '../../../src/Exeunt/Audit/AuditActions.cs'), 'utf8')
    const recorded = [...source.matchAll(/const string \w+ = "(\w+)"/g)].map(([, name]) => name)
    expect(recorded.length).toBeGreaterThan(20)
    expect(Object.keys(actions).sort()).toEqual(recorded.sort())
  })

  test('a theft stands out whatever ended', () => {
    expect(toneOf('session_ended', 'token_theft')).toBe('bad')
    expect(toneOf('session_ended', 'user')).toBe('plain')
    expect(toneOf('sign_in_failed', undefined)).toBe('warn')
    expect(toneOf('signed_in', undefined)).toBe('good')
  })
})

describe('scopes', () => {
  test('make the request that names them', () => {
    expect(scopeRequest('user', 'usr_1')).toEqual({ scope: 'user', user: 'usr_1' })
    expect(scopeRequest('client', 'web')).toEqual({ scope: 'client', client: 'web' })
    expect(scopeRequest('issuer', 'https://id')).toEqual({ scope: 'issuer', issuer: 'https://id' })
    expect(scopeRequest('everyone', 'ignored')).toEqual({ scope: 'everyone' })
  })

  test('want their own name typed', () => {
    expect(typedWord('everyone', '')).toBe('everyone')
    expect(typedWord('client', 'web')).toBe('web')
  })

  test('of an address are those there are', () => {
    expect(Object.keys(scopes).every(isScope)).toBe(true)
    expect([null, '', 'session', 'constructor'].some(isScope)).toBe(false)
  })
})

describe('columns over time', () => {
  const now = Date.parse('2027-03-01T14:20:00Z')

  test('a range begins so that now is in its last column', () => {
    expect(beginningOf(ranges.day, now)).toBe('2027-02-28T15:00:00.000Z')
    expect(beginningOf(ranges.week, now)).toBe('2027-02-23T00:00:00.000Z')
  })

  test('those in which nothing happened are there too', () => {
    const columns = columnsOf(ranges.week, now, [{ key: '2027-02-25', endings: 3 }, { key: '2020-01-01' }])
    expect(columns.map(({ key }) => key)).toEqual([
      '2027-02-23',
      '2027-02-24',
      '2027-02-25',
      '2027-02-26',
      '2027-02-27',
      '2027-02-28',
      '2027-03-01',
    ])
    expect(columns[2]?.row).toEqual({ key: '2027-02-25', endings: 3 })
    expect(columns.filter(({ row }) => row)).toHaveLength(1)
  })

  test('hours are named as the server names them', () => {
    const columns = columnsOf(ranges.day, now, [{ key: '2027-03-01T14' }])
    expect(columns).toHaveLength(24)
    expect(columns.at(-1)).toEqual({ key: '2027-03-01T14', row: { key: '2027-03-01T14' } })
  })

  test('an address that names none gets the week', () => {
    expect([null, 'year', 'day', 'month', 'constructor'].map(rangeOf)).toEqual(['week', 'week', 'day', 'month', 'week'])
  })

  test.each([
    [0, 1],
    [1, 1],
    [4, 4],
    [5.1, 10],
    [7, 10],
    [11, 20],
    [23, 25],
    [26, 50],
    [99, 100],
    [100, 100],
    [1_234_567, 2_000_000],
  ])('the top above %d is %d', (largest, top) => {
    expect(topOf(largest)).toBe(top)
  })
})

describe('lines of JSON', () => {
  const bytes = (...parts: string[]) =>
    new ReadableStream<Uint8Array>({
      start(controller) {
        for (const part of parts) controller.enqueue(new TextEncoder().encode(part))
        controller.close()
      },
    })
  const all = async (stream: ReadableStream<Uint8Array>) => {
    const lines: unknown[] = []
    for await (const line of readLines(stream)) lines.push(line)
    return lines
  }

  test('are whole wherever the stream was cut', async () => {
    expect(await all(bytes('{"a":1}\n{"b"', ':"ä', '"}', '\n\n{"c":3}'))).toEqual([{ a: 1 }, { b: 'ä' }, { c: 3 }])
    expect(await all(bytes())).toEqual([])
  })

  test('who stops listening stops the stream', async () => {
    let stopped = false
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new TextEncoder().encode('{"n":1}\n')),
      cancel: () => {
        stopped = true
      },
    })
    for await (const line of readLines(endless)) {
      expect(line).toEqual({ n: 1 })
      break
    }
    expect(stopped).toBe(true)
  })
})
