import { describe, expect, test } from 'vitest'
import { readHeartbeat } from '../src/feed/heartbeat.js'
import { readPlace, writePlace } from '../src/feed/place.js'
import { readSnapshotPart } from '../src/feed/snapshot-part.js'
import { IndexOfEndings } from '../src/revocations/index-of-endings.js'
import { readRevocation } from '../src/revocations/read-revocation.js'
import { covers } from '../src/revocations/revocation.js'
import { factsOf, vectors } from './support/vectors.js'

describe('The published vectors of the feed', () => {
  test.each(vectors.revocations)('$name covers what it must, by the rule and in the index', ({ data, tokens }) => {
    const revocation = readRevocation(data)
    if (!revocation) throw new Error(data)
    const index = new IndexOfEndings()
    index.apply(revocation)

    for (const token of tokens) {
      expect(covers(revocation, factsOf(token)), JSON.stringify(token)).toBe(token.refused)
      expect(index.isRevoked(factsOf(token)), JSON.stringify(token)).toBe(token.refused)
    }
  })

  test.each(vectors.unreadable)('$name is refused as a whole', ({ data }) =>
    expect(readRevocation(data)).toBeUndefined(),
  )

  test('A snapshot part holds its lines', () => {
    const { part, last, lines, data } = vectors.snapshot
    expect(readSnapshotPart(data)).toEqual({ part, last, revocations: lines.map(readRevocation) })
  })

  test('A heartbeat says where and when', () => {
    const beat = readHeartbeat(vectors.heartbeat.data)
    if (!beat) throw new Error(vectors.heartbeat.data)
    expect([writePlace(beat.newest), beat.time - beat.asOf]).toEqual([
      vectors.heartbeat.newest,
      vectors.heartbeat.age_ms,
    ])
  })
})

describe('What else is (not) read', () => {
  const [first] = vectors.revocations
  const good = first?.data ?? ''

  test('Members that are not known are left alone', () =>
    expect(readRevocation(good.replace('{', '{"later":{"a":[1,2]},'))).toEqual(readRevocation(good)))

  test.each([
    ['a member twice by another spelling', good.replace('{', '{"sco\\u0070e":"session",')],
    ['a member twice further down', good.replace('{', '{"later":{"a":1,"a":2},')],
    ['a lone surrogate', good.replace('{', '{"later":"\\ud800",')],
    ['too deep', good.replace('{', `{"later":${'['.repeat(30)}${']'.repeat(30)},`)],
    ['too long', good.replace('{', `{"later":"${'x'.repeat(9000)}",`)],
    ['an inexact number', good.replace('"seq":1', '"seq":9007199254740993')],
  ])('%s makes it unreadable', (_, data) => expect(readRevocation(data)).toBeUndefined())

  test.each([
    ['e:0', true],
    ['9b1c63d2a0f45e78:9007199254740991', true],
    ...[
      '',
      'e',
      ':1',
      'e:',
      'e:01',
      'e:-1',
      'e:+1',
      'e:1 ',
      'e:9007199254740993',
      'é:1',
      'e-f:1',
      'e:1:2',
      'e:1\n',
    ].map((text): [string, boolean] => [text, false]),
  ])('%j is a place: %s', (text, isPlace) => {
    const place = readPlace(text)
    expect(place !== undefined && writePlace(place) === text).toBe(isPlace)
  })

  test('A snapshot of nothing is one', () => {
    const data = '{"part":1,"last":true,"count":0,"lines":""}'
    expect(readSnapshotPart(data)).toEqual({ part: 1, last: true, revocations: [] })
    expect(readSnapshotPart(data.replace('"count":0', '"count":1'))).toBeUndefined()
  })

  test('A snapshot that unpacks to more than it may is refused', async () => {
    const { gzipSync } = await import('node:zlib')
    const lines = gzipSync(Buffer.alloc(64 * 1024 * 1024)).toString('base64')
    expect(readSnapshotPart(JSON.stringify({ part: 1, last: true, count: 1, lines }))).toBeUndefined()
  })
})
