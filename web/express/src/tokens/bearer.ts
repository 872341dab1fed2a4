/** What the `Authorization` header holds (RFC 6750 §2.1): a token, nothing, or a mistake as a sentence for the caller. */
export type Bearer = { readonly token: string } | { readonly mistake: string } | undefined

/** Reads the headers of that name. Tokens in the address or in a form are never read. */
export function readBearer(headers: readonly string[] | undefined): Bearer {
  if (!headers || headers.length === 0) return undefined
  if (headers.length > 1) return { mistake: 'Send one Authorization header, not several.' }
  const [header = ''] = headers
  if (!/^bearer/i.test(header)) return undefined
  const token = /^bearer +([^ ]+) *$/i.exec(header)?.[1]
  return token ? { token } : { mistake: 'Write the header as: Authorization: Bearer <token>.' }
}
