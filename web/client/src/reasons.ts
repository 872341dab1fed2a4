/**
 * Why a session ended: the server's word for it (`logout_all`, `admin`, `token_theft`, …), or `unknown` when the browser only saw that it had. Newer
 * servers may know more words; `describeEnd` of `@exeunt/client/words` has a sentence for any.
 */
export type EndReason = string

/** Takes a word from outside; anything that cannot be one becomes `unknown`. */
export function readReason(word: unknown): EndReason {
  return typeof word === 'string' && /^[a-z_]{1,40}$/.test(word) ? word : 'unknown'
}
