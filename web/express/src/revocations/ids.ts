// Crockford base32 of a UUIDv7: 26 characters in the one spelling that counts, with the version and the variant where they belong.
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'
const any = '[0-9a-hjkmnp-tv-z]'
const spelling = new RegExp(`^[0-7]${any}{9}[ef]${any}{2}[89abrstv]${any}{12}$`)
const latest = timeOf(253_402_300_799_999) // the end of the year 9999

/** Whether it is the id of a session of the Exeunt server itself. Such ids are of one length, and as text they sort by creation. */
export function isSessionId(text: string): boolean {
  return isId(text, 'ses_')
}

/** Whether it is the id of an ending. */
export function isEventId(text: string): boolean {
  return isId(text, 'evt_')
}

function isId(text: string, prefix: string): boolean {
  if (!text.startsWith(prefix)) return false
  const id = text.slice(prefix.length)
  return spelling.test(id) && id.slice(0, latest.length) <= latest
}

/** The first ten characters of an id of this millisecond. */
function timeOf(milliseconds: number): string {
  let written = ''
  for (let left = milliseconds; written.length < 10; left = Math.floor(left / 32))
    written = alphabet.charAt(left % 32) + written
  return written
}
