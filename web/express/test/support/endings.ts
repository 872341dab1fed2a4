import { gzipSync } from 'node:zlib'

export const issuer = 'https://login.example.com'

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

/** A session id of the server itself; a greater number is a younger session. */
export function sessionId(number: number): string {
  const digits = [15, 10, 5, 0].map((shift) => alphabet.charAt((number >> shift) & 31)).join('')
  return `ses_01mcc5${digits}e4hr000000000000`
}

/** A revocation as the feed writes it. */
export function line(members: Record<string, unknown>): string {
  const event = 'evt_01mcc5rm00e4hr000000000001'
  return JSON.stringify({
    event,
    issuer,
    expires: 4_000_000_000_000,
    at: 1_800_000_000_000,
    reason: 'user',
    ...members,
  })
}

/** The ending of one session at a place. */
export function told(epoch: string, seq: number, prev: number, session: string) {
  return { name: 'revocation', id: `${epoch}:${seq}`, data: line({ epoch, seq, prev, scope: 'session', key: session }) }
}

/** A part of a snapshot. */
export function part(number: number, last: boolean, id: string | undefined, lines: readonly string[]) {
  const packed = gzipSync(lines.map((one) => `${one}\n`).join('')).toString('base64')
  return { name: 'snapshot', id, data: JSON.stringify({ part: number, last, count: lines.length, lines: packed }) }
}

/** A whole snapshot of ended sessions. */
export function snapshot(id: string, ...sessions: readonly string[]) {
  return part(
    1,
    true,
    id,
    sessions.map((key) => line({ scope: 'session', key })),
  )
}

export function heartbeat(newest: string, time: number, asOf = time) {
  return { name: 'heartbeat', id: undefined, data: JSON.stringify({ newest, time, as_of: asOf }) }
}
