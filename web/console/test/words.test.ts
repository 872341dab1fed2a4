import { describe, expect, test } from 'vitest'
import { addressInWords } from '../src/words/address.js'
import { count, number, shortId } from '../src/words/numbers.js'
import { adminReasons, inWords, isAlarming, ownReasons } from '../src/words/reasons.js'
import { ago, duration, within } from '../src/words/time.js'

// Every reason of the protocol (DESIGN §3).
const reasons =
  'user other_device logout_all admin policy idle_timeout absolute_timeout session_limit token_theft provider account_disabled password_changed everyone'.split(
    ' ',
  )

describe('reasons', () => {
  test.each(reasons)('%s has words for its owner and for administrators', (reason) => {
    expect(ownReasons[reason]).toBeTruthy()
    expect(adminReasons[reason]).toBeTruthy()
  })

  test('the tables know nothing else', () => {
    expect(Object.keys(ownReasons).sort()).toEqual([...reasons].sort())
    expect(Object.keys(adminReasons).sort()).toEqual([...reasons].sort())
  })

  test('one that is newer than the page is shown as it is, and none is taken from the prototype', () => {
    expect(inWords(ownReasons, 'quantum_leap')).toBe('quantum leap')
    expect(inWords(ownReasons, 'constructor')).toBe('constructor')
  })

  test('only a theft is alarming', () => {
    expect(reasons.filter(isAlarming)).toEqual(['token_theft'])
  })
})

describe('time', () => {
  const now = Date.parse('2027-03-01T12:00:00Z')
  test.each([
    ['2027-03-01T11:59:31Z', 'just now'],
    ['2027-03-01T12:00:10Z', 'just now'],
    ['2027-03-01T11:59:00Z', '1 minute ago'],
    ['2027-03-01T11:00:01Z', '59 minutes ago'],
    ['2027-03-01T11:00:00Z', '1 hour ago'],
    ['2027-02-28T12:00:01Z', '23 hours ago'],
    ['2027-02-28T12:00:00Z', 'yesterday'],
    ['2027-02-15T12:00:00Z', '14 days ago'],
    ['2026-12-01T12:00:00Z', '3 months ago'],
    ['2024-03-01T12:00:00Z', '3 years ago'],
    ['2027-03-08T12:00:00Z', 'in 7 days'],
    ['rubbish', 'unknown'],
  ])('%s is %s', (iso, words) => {
    expect(ago(iso, now)).toBe(words)
  })

  test.each([
    [0, '0 ms'],
    [999, '999 ms'],
    [1500, '1.5 s'],
    [90_000, '2 min'],
    [7_200_000, '2 h'],
    [86_400_000 * 3, '3 days'],
  ])('%d ms are %s', (milliseconds, words) => {
    expect(duration(milliseconds)).toBe(words)
  })
})

describe('numbers', () => {
  test('have their thousands apart, and one is not many', () => {
    expect(number(1_234_567)).toBe('1,234,567')
    expect(count(0, 'session')).toBe('0 sessions')
    expect(count(1, 'session')).toBe('1 session')
    expect(count(1204, 'entry', 'entries')).toBe('1,204 entries')
  })

  test('an id keeps what tells it from those of the same moment', () => {
    expect(shortId('ses_01jqxyzabcdefghjkmnpqrstvw')).toBe('ses_…qrstvw')
    expect(shortId('default')).toBe('default')
  })
})

describe('addresses', () => {
  test.each([
    ['203.0.113.23', '203.0.113.23'],
    ['10.1.2.3', '10.1.2.3 (private network)'],
    ['172.31.0.1', '172.31.0.1 (private network)'],
    ['172.32.0.1', '172.32.0.1'],
    ['192.168.1.5', '192.168.1.5 (private network)'],
    ['fd00::1', 'fd00::1 (private network)'],
    ['2001:db8::1', '2001:db8::1'],
    ['127.0.0.1', "127.0.0.1 (this server's own machine)"],
    ['::1', "::1 (this server's own machine)"],
    [undefined, 'address not kept'],
  ])('%s is told as %s', (address, words) => {
    expect(addressInWords(address)).toBe(words)
  })
})

test.each([
  [0, '1 ms'],
  [0.2, '1 ms'],
  [12.1, '13 ms'],
  [2500, '2.5 s'],
])('within %d ms is told as a bound that holds', (milliseconds, words) => {
  expect(within(milliseconds)).toBe(words)
})
