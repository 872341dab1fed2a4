import { SignedOutError, SignInError } from '@exeunt/client'
import { expect, test } from 'vitest'
import { fieldOf } from '../src/account/register.js'
import { failureInWords } from '../src/account/sign-in.js'
import { ApiError } from '../src/api.js'
import { readSettings } from '../src/settings.js'

test.each([
  [new SignInError('wrong-credentials'), 'The e-mail address or the password is wrong.'],
  [new SignInError('throttled', undefined, 61), 'Too many attempts. Try again in 2 minutes.'],
  [new SignInError('throttled', undefined, 10), 'Too many attempts. Try again in a minute.'],
  [new SignInError('unreachable'), 'The server does not answer. Check the connection and try again.'],
  [new SignInError('refused', 'Cookie mode needs https.'), 'Cookie mode needs https.'],
  [new SignedOutError(), 'You signed out while this was under way.'],
  [new TypeError('x'), 'That did not work. Try again.'],
])('%s is told in words', (failure, words) => {
  expect(failureInWords(failure)).toBe(words)
})

test.each([
  [new ApiError(409, 'taken', 'email-taken'), 'email'],
  [new ApiError(403, 'no', 'invite-refused'), 'invite'],
  [new ApiError(400, 'wrong', 'invalid-field', 'name'), 'name'],
  [new ApiError(422, 'weak', 'weak-password', 'password'), 'password'],
  [new ApiError(400, 'odd', 'invalid-field', 'constructor'), 'password'],
  [null, undefined],
])('%s stands under the field it is about', (failure, field) => {
  expect(fieldOf(failure)).toBe(field)
})

function pageWith(content: string): Document {
  const page = document.implementation.createHTMLDocument()
  const meta = page.createElement('meta')
  meta.setAttribute('name', 'exeunt-settings')
  meta.setAttribute('content', content)
  page.head.append(meta)
  return page
}

test('the settings are read from the page, and are the usual ones where no server put them', () => {
  expect(readSettings(pageWith('{"registration":"open","step_up":60}'))).toMatchObject({
    registration: 'open',
    step_up: 60,
    rotation_window: 30_000,
  })
  expect(readSettings(pageWith('{settings}')).registration).toBe('closed')
  expect(readSettings(document.implementation.createHTMLDocument()).registration).toBe('closed')
})
