import { SignInError } from '@exeunt/client'
import { LogoutButton, SignedOutNotice, useExeunt, useSession } from '@exeunt/react'
import { useState, type FormEvent } from 'react'

/** The public page: anybody may see it, and sign in here. */
export function Home() {
  const session = useSession()
  return (
    <>
      <h1>Welcome</h1>
      <SignedOutNotice />
      {session.status === 'signed-in' ? (
        <p>
          You are {session.user.email}. <a href="/account">Your account</a> <LogoutButton />
        </p>
      ) : (
        <SignInForm />
      )}
    </>
  )
}

function SignInForm() {
  const exeunt = useExeunt()
  const [problem, setProblem] = useState('')

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const text = (name: string) => String(form.get(name) ?? '')
    try {
      await exeunt.signIn({ email: text('email'), password: text('password') })
      location.assign('/account')
    } catch (failure) {
      if (failure instanceof SignInError) setProblem(failure.detail ?? 'The server cannot be reached. Try again.')
    }
  }

  return (
    <form onSubmit={(event) => void submit(event)}>
      <label>
        E-mail <input name="email" type="email" autoComplete="username" required />
      </label>{' '}
      <label>
        Password <input name="password" type="password" autoComplete="current-password" required />
      </label>{' '}
      <button>Sign in</button>
      <p role="alert">{problem}</p>
    </form>
  )
}
