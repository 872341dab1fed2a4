/** How a session ended, in words for the person whose it was. */
export const ownReasons: Readonly<Record<string, string>> = {
  user: 'You signed out there',
  other_device: 'You signed it out from another device',
  logout_all: 'You signed out everywhere',
  admin: 'An administrator ended it',
  policy: 'A rule of this service ended it',
  idle_timeout: 'It was not used for too long',
  absolute_timeout: 'It reached its longest allowed time',
  session_limit: 'You signed in on too many devices; this was the oldest',
  token_theft: 'It was used from two places at once, so it was ended to protect you',
  provider: 'Your sign-in provider ended it',
  account_disabled: 'The account was disabled',
  password_changed: 'Your password was changed',
  everyone: 'Everybody was signed out',
}

/** The same for administrators, who look at other people's sessions. */
export const adminReasons: Readonly<Record<string, string>> = {
  user: 'Signed out',
  other_device: 'Signed out from another device',
  logout_all: 'Signed out everywhere',
  admin: 'Ended by an administrator',
  policy: 'Ended by a rule',
  idle_timeout: 'Not used for too long',
  absolute_timeout: 'Longest time reached',
  session_limit: 'Too many devices',
  token_theft: 'Stolen token',
  provider: 'Ended by the provider',
  account_disabled: 'Account disabled',
  password_changed: 'Password changed',
  everyone: 'Everyone signed out',
}

/** The words of a table; for a reason that is newer than this page, the reason itself. */
export function inWords(words: Readonly<Record<string, string>>, name: string): string {
  return Object.hasOwn(words, name) ? (words[name] ?? name) : name.replaceAll('_', ' ')
}

/** Whether a reason means that something is wrong, and not only over. */
export function isAlarming(reason: string): boolean {
  return reason === 'token_theft'
}
