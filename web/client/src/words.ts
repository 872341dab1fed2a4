export type { EndReason } from './reasons.js'
import type { EndReason } from './reasons.js'

const words: Readonly<Record<string, string>> = {
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
}

/** What to tell the person about an end, in English. Apart from the client, because apps in other languages have their own words. */
export function describeEnd(reason: EndReason): string {
  return Object.hasOwn(words, reason) ? (words[reason] ?? '') : 'Your session has ended.'
}
