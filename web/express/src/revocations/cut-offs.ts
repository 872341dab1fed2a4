import type { Ending } from './revocation.js'

/** Adds a cut-off to those of its key, unless they imply it, and drops those that they then imply. Returns by how many there are more. */
export function addCutOff(table: Map<string, readonly Ending[]>, added: Ending): number {
  const before = table.get(added.key) ?? []
  if (isImplied(added, before)) return 0

  let kept: readonly Ending[] = [...before, added]
  for (const one of before) {
    const others = kept.filter((other) => other !== one)
    if (isImplied(one, others)) kept = others
  }

  table.set(added.key, kept)
  return kept.length - before.length
}

/**
 * Whether those others, of the same key, cover all that this one covers, for as long: one of them that reaches as far does, if it spares nobody or the same
 * session. So do two that spare different sessions, because each covers the one that the other spares.
 */
function isImplied(one: Ending, others: readonly Ending[]): boolean {
  const reaching = others.filter((other) => reachesAsFar(other, one))
  return (
    reaching.some(({ except }) => except === undefined || except === one.except) ||
    new Set(reaching.map(({ except }) => except)).size > 1
  )
}

function reachesAsFar(a: Ending, b: Ending): boolean {
  return (
    (b.beforeSid === undefined || (a.beforeSid !== undefined && a.beforeSid >= b.beforeSid)) &&
    (b.beforeSecond === undefined || (a.beforeSecond !== undefined && a.beforeSecond >= b.beforeSecond)) &&
    a.expires >= b.expires
  )
}
