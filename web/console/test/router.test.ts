import { expect, test } from 'vitest'
import { match, placeOf, withQuery } from '../src/router.js'

test.each([
  ['/console', '/', ''],
  ['/console/', '/', ''],
  ['/console/sessions/?alive=true', '/sessions', 'alive=true'],
  ['/console/people/usr_1', '/people/usr_1', ''],
])('%s is the place %s', (address, path, query) => {
  const place = placeOf(new URL(address, 'https://id.example.com'))
  expect(place.path).toBe(path)
  expect(place.query.toString()).toBe(query)
})

test('a pattern gives its parts, decoded, and fits nothing longer or shorter', () => {
  expect(match('/people/:id', '/people/usr_1%2F2')).toEqual({ id: 'usr_1/2' })
  expect(match('/people/:id', '/people')).toBeUndefined()
  expect(match('/people/:id', '/people/a/b')).toBeUndefined()
  expect(match('/sessions', '/sessions')).toEqual({})
})

test('a filter changes its part of the address and leaves the others; an empty one goes', () => {
  const place = placeOf(new URL('https://id.example.com/console/sessions?user=usr_1&alive=true&cursor=abc'))
  expect(withQuery(place, { alive: undefined, cursor: undefined })).toBe('/sessions?user=usr_1')
  expect(withQuery(place, { client: 'a&b', cursor: '' })).toBe('/sessions?user=usr_1&alive=true&client=a%26b')
  expect(withQuery({ path: '/audit', query: new URLSearchParams() }, {})).toBe('/audit')
})
