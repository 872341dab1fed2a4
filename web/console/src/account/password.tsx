import { useMutation } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { ApiError, ask } from '../api.js'
import { Button } from '../ui/button.js'
import { Field } from '../ui/field.js'
import { useTell, wordsOf } from '../ui/news.js'
import { Card, PageHead } from '../ui/parts.js'
import { count } from '../words/numbers.js'

const empty = { current_password: '', new_password: '' }

/** Changes the person's own password, which signs out their other devices. */
export function PasswordPage(): ReactNode {
  const [form, setForm] = useState(empty)
  const tell = useTell()
  const change = useMutation({
    mutationFn: () => ask<{ readonly ended: number }>('PUT', '/users/me/password', form),
    onSuccess: ({ ended }) => {
      setForm(empty)
      tell.done(
        ended === 0
          ? 'Your password is changed.'
          : `Your password is changed, and ${count(ended, 'other device')} signed out.`,
      )
    },
  })
  const wrongCurrent = change.error instanceof ApiError && change.error.field === 'current_password'
  return (
    <>
      <PageHead title="Password" lead="Your other devices are signed out when it changes. This one stays." />
      <Card className="narrow">
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault()
            if (!change.isPending) change.mutate()
          }}
        >
          <Field
            label="Current password"
            type="password"
            autoComplete="current-password"
            required
            value={form.current_password}
            error={wrongCurrent ? wordsOf(change.error) : undefined}
            onChange={(event) => setForm({ ...form, current_password: event.target.value })}
          />
          <Field
            label="New password"
            type="password"
            autoComplete="new-password"
            required
            minLength={4}
            hint="A few words that do not belong together are good."
            value={form.new_password}
            error={change.isError && !wrongCurrent ? wordsOf(change.error) : undefined}
            onChange={(event) => setForm({ ...form, new_password: event.target.value })}
          />
          <Button kind="primary" type="submit" busy={change.isPending}>
            Change the password
          </Button>
        </form>
      </Card>
    </>
  )
}
