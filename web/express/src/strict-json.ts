/** Members of a JSON object that has been read, to be looked at one by one. */
export type Json = Readonly<Record<string, unknown>>

const deepest = 16

/**
 * Reads JSON that decides about security, so that no two readers can understand it differently: exactly one object, no member twice at any depth, no text that
 * is not Unicode, bounded depth. Anything else is undefined.
 */
export function parseObject(text: string): Json | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }

  return isObject(value) && isUnambiguous(text) ? value : undefined
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A member's text; undefined when it is missing or of another kind. */
export function text(json: Json, name: string): string | undefined {
  const value = json[name]
  return typeof value === 'string' ? value : undefined
}

/** A member's whole number; undefined when it is missing, of another kind, or too large to be exact. */
export function integer(json: Json, name: string): number | undefined {
  const value = json[name]
  return Number.isSafeInteger(value) ? (value as number) : undefined
}

/** A member's instant in milliseconds since 1970, before the year 10000. */
export function instant(json: Json, name: string): number | undefined {
  const value = integer(json, name)
  return value !== undefined && value >= 0 && value <= 253_402_300_799_999 ? value : undefined
}

// JSON.parse keeps the last of two members and takes lone surrogates. The text is JSON already, so looking at brackets and strings is enough.
function isUnambiguous(text: string): boolean {
  const open: (Set<string> | undefined)[] = [] // the names of each object that is open; none for an array
  for (let at = 0; at < text.length; at++) {
    const sign = text[at]
    if (sign === '{' || sign === '[') {
      if (open.push(sign === '{' ? new Set() : undefined) > deepest) return false
    } else if (sign === '}' || sign === ']') {
      open.pop()
    } else if (sign === '"') {
      const end = endOfString(text, at)
      const literal = text.slice(at + 1, end)
      const value = literal.includes('\\') ? (JSON.parse(`"${literal}"`) as string) : literal
      if (/\p{Surrogate}/u.test(value)) return false
      const names = open.at(-1)
      if (names && isName(text, end + 1)) {
        if (names.has(value)) return false
        names.add(value)
      }

      at = end
    }
  }

  return true
}

function endOfString(text: string, start: number): number {
  let end = start + 1
  while (text[end] !== '"') end += text[end] === '\\' ? 2 : 1
  return end
}

function isName(text: string, after: number): boolean {
  let next = after
  while (text[next] === ' ' || text[next] === '\n' || text[next] === '\r' || text[next] === '\t') next++
  return text[next] === ':'
}
