import { instant, parseObject, text } from '../strict-json.js'
import { readPlace, type Place } from './place.js'

/** What the server says of itself every five seconds. Times are its own, in milliseconds since 1970. */
export interface Heartbeat {
  /** Everything up to here has been sent on this stream. */
  readonly newest: Place
  readonly time: number
  /** When the server last read its log with success. */
  readonly asOf: number
  /** When it was sent by the server's monotonic clock, whose beginning means nothing. Its time may run slower than that for a while. */
  readonly sent?: number
}

/** Reads a heartbeat; undefined for anything else. */
export function readHeartbeat(data: string): Heartbeat | undefined {
  const json = parseObject(data)
  if (!json) return undefined
  const [newest, time, asOf] = [readPlace(text(json, 'newest')), instant(json, 'time'), instant(json, 'as_of')]
  if (!newest || time === undefined || asOf === undefined) return undefined
  if (!('sent' in json)) return { newest, time, asOf }
  const sent = instant(json, 'sent')
  return sent === undefined ? undefined : { newest, time, asOf, sent }
}
