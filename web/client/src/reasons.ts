const words = {
  user: 'You signed out.',
  other_device: 'Signed out from another device.',
  logout_all: 'Signed out on all devices.',
  admin: 'An administrator ended this session.',
  policy: 'This session was ended by a rule of this service.',
  idle_timeout: 'Signed out after a time without activity.',
  absolute_timeout: 'This session reached its longest allowed time.',
  session_limit: 'Signed out because you signed in on too many devices.',
  token_theft: 'This session was used from two places at once, so it was ended to protect you.',
  provider: 'Your sign-in provider ended this session.',
  account_disabled: 'This account has been disabled.',
  password_changed: 'The password was changed.',
  everyone: 'Everybody was signed out of this service.',
  unknown: 'Your session has ended.',
} as const

/** Why a session ended: the server's word for it, or `unknown` when the browser only saw that it had. */
export type EndReason = keyof typeof words

/** What to tell the person, in English. */
export function describeEnd(reason: EndReason): string {
  return words[reason]
}

/** Takes a word from outside; one that this version does not know becomes `unknown`. */
export function readReason(word: unknown): EndReason {
  return typeof word === 'string' && Object.hasOwn(words, word) ? (word as EndReason) : 'unknown'
}
