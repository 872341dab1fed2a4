/** A place in the revocation log: which life of the database counted it, and how far. */
export interface Place {
  readonly epoch: string
  readonly seq: number
}

/** Reads `epoch:sequence` in its one spelling; undefined for anything else. */
export function readPlace(text: string | undefined): Place | undefined {
  const found = /^([0-9A-Za-z]{1,64}):(0|[1-9][0-9]{0,15})$/.exec(text ?? '')
  if (!found) return undefined
  const seq = Number(found[2])
  return Number.isSafeInteger(seq) ? { epoch: found[1] ?? '', seq } : undefined
}

export function writePlace(place: Place): string {
  return `${place.epoch}:${place.seq}`
}
