import { beforeEach, describe, expect, test } from 'vitest'
import { FeedBroken } from '../src/feed/broken.js'
import { FeedFollower } from '../src/feed/follower.js'
import { Freshness } from '../src/feed/freshness.js'
import { GuardClock } from '../src/feed/guard-clock.js'
import { IndexOfEndings } from '../src/revocations/index-of-endings.js'
import { chance } from './support/chance.js'
import { TestClock } from './support/clock.js'
import { heartbeat, issuer, line, part, snapshot, told } from './support/endings.js'

let clock: TestClock, index: IndexOfEndings, freshness: Freshness, time: GuardClock, follower: FeedFollower

beforeEach(() => {
  clock = new TestClock()
  index = new IndexOfEndings()
  freshness = new Freshness(clock)
  time = new GuardClock(clock)
  follower = new FeedFollower(index, freshness, time, clock, 100)
  follower.begin()
})

const knows = (session: string) => index.isRevoked({ issuer, subject: 'ada', session })
const beat = (newest: string, asOfAgo = 0, ago = 0) =>
  follower.take(heartbeat(newest, clock.now() - ago, clock.now() - ago - asOfAgo))

describe('Feeds that lie, stammer or break off', () => {
  test('P10 A guard becomes fresh by a snapshot and a heartbeat and not before', () => {
    expect(() => beat('e:0')).toThrow(FeedBroken)
    follower.begin()
    follower.take(snapshot('e:1', 's1'))
    expect(freshness.age).toBe(Infinity)

    beat('e:1', 3000)

    expect([freshness.age, follower.resumeFrom, knows('s1')]).toEqual([3000, { epoch: 'e', seq: 1 }, true])
  })

  test('Events that come again or late are taken in and move nothing back', () => {
    follower.take(snapshot('e:5'))
    for (const event of [told('e', 6, 5, 's6'), told('e', 7, 6, 's7'), told('e', 6, 5, 's6'), told('e', 3, 2, 's3')])
      follower.take(event)

    expect(follower.place).toEqual({ epoch: 'e', seq: 7 })
    expect(['s3', 's6', 's7'].every(knows)).toBe(true)
  })

  test('A revocation without an id is applied, and the place stays', () => {
    follower.take(snapshot('e:5'))
    follower.take({ name: 'revocation', id: undefined, data: line({ scope: 'session', key: 's' }) })

    expect([follower.place, knows('s')]).toEqual([{ epoch: 'e', seq: 5 }, true])
  })

  test('An id that is not the place is not believed', () => {
    follower.take(snapshot('e:5'))
    expect(() => follower.take({ ...told('e', 6, 5, 's'), id: 'e:7' })).toThrow(FeedBroken)
    expect(() => follower.take({ name: 'revocation', id: 'e:6', data: line({ scope: 'session', key: 's' }) })).toThrow(
      FeedBroken,
    )
  })

  test('A hole ends the stream, and the next one goes on from before it', () => {
    follower.take(snapshot('e:5'))
    follower.take(told('e', 9, 8, 's9')) // the first after joining: places in between may have expired
    expect(() => follower.take(told('e', 12, 11, 's12'))).toThrow('missing')

    expect(follower.resumeFrom).toEqual({ epoch: 'e', seq: 9 })
    expect(knows('s12')).toBe(true) // what was told is kept all the same
  })

  test('A heartbeat that knows of more than was told makes nobody fresh', () => {
    follower.take(snapshot('e:5'))
    beat('e:5')
    clock.advance(8000)

    expect(() => beat('e:6')).toThrow('missing')
    expect(freshness.age).toBe(8000)
  })

  test('A feed that claims to go backwards is left and takes nothing back', () => {
    follower.take(snapshot('e:5', 's1'))
    beat('e:5')
    clock.advance(8000)

    expect(() => beat('e:4')).toThrow(FeedBroken)
    expect(() => beat('e:5', 0, 9000)).toThrow(FeedBroken)
    expect(() => beat('e:5', -1000)).toThrow(FeedBroken)
    expect([freshness.age, follower.place, knows('s1')]).toEqual([8000, { epoch: 'e', seq: 5 }, true])
  })

  test('P10 Heartbeats that are kept back a little longer each make nobody look fresh', () => {
    follower.take(snapshot('e:5'))
    beat('e:5')
    clock.advance(14_000) // the one of five seconds later
    beat('e:5', 0, 9000)
    expect(freshness.age).toBeCloseTo(9000, -2)
    clock.advance(14_000)
    expect(() => beat('e:5', 0, 18_000)).toThrow(FeedBroken) // another stream is asked for
    expect(freshness.age).toBeCloseTo(18_000, -2)

    follower.begin()
    beat('e:5')
    expect(freshness.age).toBe(0)
  })

  test('P10 A server whose time runs at half speed is not late and keeps guards fresh', () => {
    follower.take(snapshot('e:5'))
    const told = (time: number, sent: number) => ({
      name: 'heartbeat',
      id: undefined,
      data: JSON.stringify({ newest: 'e:5', time, as_of: time, sent }),
    })
    let [time, sent] = [clock.now(), 86_405_000]
    for (let round = 0; round < 100; round++) {
      follower.take(told(time, sent))
      expect(freshness.age).toBe(0)
      clock.advance(5000)
      ;[time, sent] = [time + 2500, sent + 5000]
    }

    clock.advance(16_000) // one that is kept back is late all the same
    expect(() => follower.take(told(time, sent))).toThrow(FeedBroken)
  })

  test('P10 A first heartbeat that comes long after it was asked for counts from then', () => {
    follower.take(snapshot('e:5'))
    clock.advance(40_000)
    expect(() => beat('e:5', 0, 40_000)).toThrow(FeedBroken)
    expect(freshness.age).toBe(40_000)
  })

  test('Another epoch is merged from its snapshot and loses nothing', () => {
    follower.take(snapshot('e:5', 'old'))
    beat('e:5')
    expect(() => follower.take(told('f', 2, 1, 'early'))).toThrow('another life')
    expect(follower.resumeFrom).toBeUndefined()

    follower.begin()
    follower.take(snapshot('f:3', 'new'))
    beat('f:3')

    expect(['old', 'early', 'new'].every(knows)).toBe(true)
    expect(follower.resumeFrom).toEqual({ epoch: 'f', seq: 3 })
  })

  test('A snapshot that breaks off counts for nothing but what it told', () => {
    const one = part(1, false, undefined, [line({ scope: 'session', key: 's1' })])
    follower.take(one)
    expect([follower.place, knows('s1')]).toEqual([undefined, true])
    follower.begin()
    expect(() => follower.take(part(2, true, 'e:5', []))).toThrow(FeedBroken)
    follower.begin()
    follower.take(one)
    expect(() => follower.take(part(2, true, undefined, []))).toThrow(FeedBroken)
    follower.begin()
    follower.take(one)
    follower.take(part(2, true, 'e:5', []))

    expect(follower.resumeFrom).toEqual({ epoch: 'e', seq: 5 })
  })

  test('A feed without end does not fill the memory', () => {
    follower.take(snapshot('e:0'))
    expect(() => {
      for (let i = 0; i < 1000; i++) follower.take(told('e', i + 1, i, `s${i}`))
    }).toThrow('room')

    expect(index.count).toBe(100)
  })

  test('After half a day the whole is asked for again', () => {
    follower.take(snapshot('e:5'))
    clock.advance(12 * 60 * 60_000)
    expect(follower.resumeFrom).toBeDefined()
    clock.advance(1)
    expect(follower.resumeFrom).toBeUndefined()
  })

  test('Clocks that are apart: tokens are judged by the later one, endings forgotten by the earlier', () => {
    follower.take(snapshot('e:5'))
    beat('e:5', 0, -60_000)
    expect([time.now - clock.now(), time.forgetting - clock.now()]).toEqual([60_000, 0])
    follower.begin()
    beat('e:5', 0, 60_000)
    clock.advance(500)
    expect([time.now - clock.now(), time.forgetting - clock.now(), freshness.age]).toEqual([0, -60_000, 500])
  })

  test('An acknowledgement says what is enforced here, whatever was asked for', () => {
    follower.take(snapshot('e:5'))
    expect(follower.take({ name: 'ack', id: undefined, data: '{"id":"e:999"}' })).toEqual({ epoch: 'e', seq: 5 })
  })

  test('Of 50 000 damaged events none throws anything else and none ends the enforcement', () => {
    const random = chance(11)
    follower.take(snapshot('e:5', 'kept'))
    const cutOff = line({ scope: 'user', key: 'ada', before_sid: 'ses_01mcc5rk0re4hr000000000002', before_iat: 1 })
    const originals = [
      told('e', 6, 5, 's6'),
      { name: 'revocation', id: undefined, data: cutOff },
      snapshot('e:7', 's7'),
      heartbeat('e:5', clock.now()),
      { name: 'ack', id: undefined, data: '{"id":"e:5"}' },
    ]
    const ids = ['', 'e:', ':1', 'e:-1', 'e:99999999999999999999', 'é:1', 'e:01', `${'e'.repeat(100)}:1`]
    for (let round = 0; round < 50_000; round++) {
      const { name, id, data } = random.pick(originals)
      const characters = Array.from(data)
      for (let times = 1 + random.below(3); times > 0; times--)
        characters[random.below(characters.length)] = String.fromCharCode(random.below(256))
      const cut = random.is(0.2) ? random.below(characters.length) : characters.length
      try {
        const damaged = characters.slice(0, cut).join('')
        follower.take({
          name: random.is(0.9) ? name : 'other',
          id: random.is(0.1) ? random.pick(ids) : id,
          data: damaged,
        })
      } catch (failure) {
        if (!(failure instanceof FeedBroken)) throw failure
        follower.begin()
      }
    }

    expect(knows('kept')).toBe(true)
    expect(index.count).toBeLessThanOrEqual(100)
  })
})
