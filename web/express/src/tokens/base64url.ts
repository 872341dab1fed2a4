/** The bytes of base64url without padding, in the one spelling that counts (RFC 7515 §2); undefined for anything else. */
export function decodeBase64Url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : undefined
}

/** The text of base64url whose bytes are UTF-8; undefined for anything else. */
export function decodeText(text: string): string | undefined {
  const bytes = decodeBase64Url(text)
  if (!bytes) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}
