/** What a search for sessions looks for. */
export type SessionSearch =
  /** The beginning of a name or an e-mail address: it has to be asked whose. */
  | { readonly kind: 'person'; readonly words: string }
  | { readonly kind: 'session'; readonly id: string }
  /** A page of the listing; the query begins with `?` unless it is empty. */
  | { readonly kind: 'list'; readonly query: string }

/** Reads the filters of the session explorer out of its address. */
export function sessionSearch(query: URLSearchParams): SessionSearch {
  const words = (query.get('q') ?? '').trim()
  if (/^ses_\w+$/.test(words)) return { kind: 'session', id: words }
  if (/^usr_\w+$/.test(words))
    return { kind: 'list', query: only(query, ['client', 'alive', 'cursor'], { user: words }) }
  if (words) return { kind: 'person', words }
  return { kind: 'list', query: only(query, ['user', 'client', 'alive', 'cursor']) }
}

/** The filters of the audit trail, as the API takes them: days are whole, the last one included. */
export function auditQuery(query: URLSearchParams): string {
  const to = query.get('to')
  return only(query, ['user', 'action', 'reason', 'from', 'cursor'], to ? { to: dayAfter(to) } : {})
}

/** The same without the place in the listing, for exports. */
export function withoutCursor(query: URLSearchParams): URLSearchParams {
  const all = new URLSearchParams(query)
  all.delete('cursor')
  return all
}

function only(query: URLSearchParams, names: readonly string[], more: Readonly<Record<string, string>> = {}): string {
  const kept = new URLSearchParams(more)
  for (const name of names) {
    const value = query.get(name)
    if (value) kept.set(name, value)
  }
  return kept.size > 0 ? `?${kept.toString()}` : ''
}

// What is no day is left as it is: the server says what is wrong with it.
function dayAfter(day: string): string {
  const time = Date.parse(`${day}T00:00:00Z`)
  return Number.isNaN(time) ? day : new Date(time + 86_400_000).toISOString().slice(0, 10)
}
