import { useExeunt } from '@exeunt/react'
import { useMutation } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { ApiError, problemOf } from '../api.js'
import { Link, useRouter } from '../router.js'
import { settings } from '../settings.js'
import { Button } from '../ui/button.js'
import { Field } from '../ui/field.js'
import { Entrance } from './entrance.js'
import { failureInWords } from './sign-in.js'

const fields = ['email', 'name', 'password', 'invite'] as const
type Form = Readonly<Record<(typeof fields)[number], string>>

/** Which field a refusal belongs under; the password when it names none of ours, because that stands last. */
export function fieldOf(failure: unknown): keyof Form | undefined {
  if (!(failure instanceof ApiError)) return failure ? 'password' : undefined
  if (failure.kind === 'email-taken') return 'email'
  if (failure.kind === 'invite-refused') return 'invite'
  return fields.find((name) => name === failure.field) ?? 'password'
}

function wordsOf(failure: unknown): string {
  if (!(failure instanceof ApiError)) return failureInWords(failure)
  return failure.kind === 'email-taken'
    ? 'There is an account with this address. Sign in, or register with another one.'
    : failure.message
}

async function register(form: Form): Promise<void> {
  const given = Object.fromEntries(Object.entries(form).filter(([, value]) => value.trim()))
  const response = await fetch('/api/v1/auth/register', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(given),
  }).catch(() => {
    throw new ApiError(0, 'The server does not answer. Check the connection and try again.')
  })
  if (!response.ok) throw await problemOf(response)
}

/** Makes an account and signs in to it. */
export function RegisterPage(): ReactNode {
  const exeunt = useExeunt()
  const { go, query } = useRouter()
  const [form, setForm] = useState<Form>({
    email: query.get('email') ?? '',
    name: '',
    password: '',
    invite: query.get('invite') ?? '',
  })
  const [made, setMade] = useState<string>()
  const join = useMutation({
    mutationFn: async () => {
      // The server may go away between the two: whoever tries again has an account already.
      if (made !== form.email) await register(form)
      setMade(form.email)
      await exeunt.signIn({ email: form.email, password: form.password })
    },
    onSuccess: () => go('/devices', { replace: true }),
  })
  const wrong = fieldOf(join.error)
  const field = (name: keyof Form) => ({
    name,
    value: form[name],
    error: wrong === name ? wordsOf(join.error) : undefined,
    onChange: (event: { readonly target: { readonly value: string } }) =>
      setForm({ ...form, [name]: event.target.value }),
  })
  return (
    <Entrance title="Register">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (!join.isPending) join.mutate()
        }}
      >
        <Field label="E-mail address" type="email" autoComplete="username" required autoFocus {...field('email')} />
        <Field label="Name (optional)" autoComplete="name" maxLength={100} {...field('name')} />
        <Field
          label="Password"
          type="password"
          autoComplete="new-password"
          required
          minLength={4}
          hint="A few words that do not belong together are good. No digits or capitals are asked for."
          {...field('password')}
        />
        {settings.registration === 'invite' && (
          <Field
            label="Invitation"
            autoComplete="off"
            required
            hint="The code that you were sent."
            {...field('invite')}
          />
        )}
        <Button kind="primary" type="submit" busy={join.isPending}>
          {join.isPending ? 'Registering…' : 'Register'}
        </Button>
      </form>
      <p className="muted">
        You have an account? <Link to="/sign-in">Sign in</Link>
      </p>
    </Entrance>
  )
}
