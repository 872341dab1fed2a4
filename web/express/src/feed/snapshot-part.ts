import { gunzipSync } from 'node:zlib'
import { readRevocation } from '../revocations/read-revocation.js'
import type { Revocation } from '../revocations/revocation.js'
import { integer, parseObject, text } from '../strict-json.js'

const mostRevocations = 2000
const mostBytes = mostRevocations * 8 * 1024 // unpacked: what is larger is a bomb

/** A part of all that is in force. */
export interface SnapshotPart {
  /** Which one, from 1. */
  readonly part: number
  readonly last: boolean
  readonly revocations: readonly Revocation[]
}

/** Unpacks a part; undefined when any byte of it is not as it must be. */
export function readSnapshotPart(data: string): SnapshotPart | undefined {
  const json = parseObject(data)
  if (!json) return undefined
  const [part, last, count, lines] = [integer(json, 'part'), json['last'], integer(json, 'count'), text(json, 'lines')]
  if (part === undefined || part < 1 || part > 1_000_000 || typeof last !== 'boolean') return undefined
  if (count === undefined || count < 0 || count > mostRevocations || lines === undefined) return undefined

  const revocations = unpack(lines)
  return revocations?.length === count ? { part, last, revocations } : undefined
}

function unpack(base64: string): Revocation[] | undefined {
  const packed = Buffer.from(base64, 'base64')
  if (packed.toString('base64') !== base64) return undefined
  if (packed.length === 0) return [] // nothing at all is in force
  let unpacked: string
  try {
    unpacked = new TextDecoder('utf-8', { fatal: true }).decode(gunzipSync(packed, { maxOutputLength: mostBytes }))
  } catch {
    return undefined // not gzip, cut short, too large, or not UTF-8
  }

  const lines = unpacked.split('\n')
  if (lines.pop() !== '' || lines.length > mostRevocations) return undefined
  const revocations: Revocation[] = []
  for (const line of lines) {
    const revocation = readRevocation(line)
    if (!revocation) return undefined
    revocations.push(revocation)
  }

  return revocations
}
