import { SignInError, SignedOutError } from '@exeunt/client'
import { SignedOutNotice, useExeunt } from '@exeunt/react'
import { useMutation } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { Link } from '../router.js'
import { settings } from '../settings.js'
import { Button } from '../ui/button.js'
import { Field } from '../ui/field.js'
import { Entrance } from './entrance.js'

/** Why a sign-in failed, in words for the person. */
export function failureInWords(failure: unknown): string {
  if (failure instanceof SignedOutError) return 'You signed out while this was under way.'
  if (!(failure instanceof SignInError)) return 'That did not work. Try again.'
  switch (failure.failure) {
    case 'wrong-credentials':
      return 'The e-mail address or the password is wrong.'
    case 'throttled': {
      const minutes = Math.ceil((failure.retryAfter ?? 60) / 60)
      return `Too many attempts. Try again in ${minutes === 1 ? 'a minute' : `${minutes} minutes`}.`
    }
    case 'unreachable':
      return 'The server does not answer. Check the connection and try again.'
    case 'refused':
      return failure.detail ?? 'The server refuses this sign-in.'
  }
}

/** Signs in, in place: whoever came for a page sees it afterwards. */
export function SignInPage(): ReactNode {
  const exeunt = useExeunt()
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const signIn = useMutation({
    mutationFn: () => exeunt.signIn({ email, password }),
    onError: () => setPassword(''),
  })
  return (
    <Entrance title="Sign in">
      <SignedOutNotice className="notice" />
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (!signIn.isPending) signIn.mutate()
        }}
      >
        <Field
          label="E-mail address"
          type="email"
          name="email"
          autoComplete="username"
          required
          autoFocus
          value={email}
          onChange={(event) => setEmail(event.target.value)}
        />
        <Field
          label="Password"
          type="password"
          name="password"
          autoComplete="current-password"
          required
          value={password}
          error={signIn.isError ? failureInWords(signIn.error) : undefined}
          onChange={(event) => setPassword(event.target.value)}
        />
        <Button kind="primary" type="submit" busy={signIn.isPending}>
          {signIn.isPending ? 'Signing in…' : 'Sign in'}
        </Button>
      </form>
      {settings.registration !== 'closed' && (
        <p className="muted">
          No account yet? <Link to="/register">Register</Link>
        </p>
      )}
    </Entrance>
  )
}
