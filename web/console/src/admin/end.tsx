import { useSession } from '@exeunt/react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { ApiError, ask } from '../api.js'
import { Link, useRouter, withQuery } from '../router.js'
import { settings } from '../settings.js'
import { Button } from '../ui/button.js'
import { Confirm } from '../ui/confirm.js'
import { Field } from '../ui/field.js'
import { wordsOf } from '../ui/news.js'
import { Card, PageHead } from '../ui/parts.js'
import { count, number } from '../words/numbers.js'
import { duration, moment } from '../words/time.js'
import { isScope, scopes, scopeRequest, typedWord, type Scope } from '../words/scopes.js'
import { findPerson } from './names.js'
import { useStepUp } from './step-up.js'
import type { Ending } from './types.js'

interface Preview {
  readonly request: object
  readonly ending: Ending
}

/** Ends the sessions of a scope, after a look at how many those are. What is about to end stands in the address, so a sign-in in between loses nothing. */
export function EndPage(): ReactNode {
  const router = useRouter()
  const given = router.query.get('scope')
  const scope: Scope = isScope(given) ? given : 'user'
  return (
    <>
      <PageHead
        title="End sessions"
        lead="For a lost device, a leaked secret, a person who leaves, or an incident. First you see how many it will hit; nothing ends before you have confirmed it."
      />
      <Card>
        <fieldset className="scopes">
          <legend>Whose sessions?</legend>
          {Object.entries(scopes).map(([name, { words, explain }]) => (
            <label key={name}>
              <input
                type="radio"
                name="scope"
                checked={name === scope}
                onChange={() => router.go(withQuery(router, { scope: name, target: undefined }), { replace: true })}
              />
              <span>
                <strong>{words}</strong>
                <small className="muted">{explain}</small>
              </span>
            </label>
          ))}
        </fieldset>
        <Target key={scope} scope={scope} />
      </Card>
    </>
  )
}

function Target({ scope }: { readonly scope: Scope }): ReactNode {
  const router = useRouter()
  const [target, setTarget] = useState(router.query.get('target') ?? '')
  const preview = useMutation({
    mutationFn: async (): Promise<Preview> => {
      router.go(withQuery(router, { scope, target: target.trim() }), { replace: true })
      const user = scope === 'user' ? await findPerson(target) : undefined
      if (scope === 'user' && user === undefined)
        throw new ApiError(404, 'No account has exactly this e-mail address or id.')
      const request = scopeRequest(scope, user ?? target.trim())
      return { request, ending: await ask<Ending>('POST', '/admin/endings', { ...request, dry_run: true }) }
    },
  })
  const { label, placeholder } = scopes[scope]
  return (
    <>
      <form
        className="filters"
        onSubmit={(event) => {
          event.preventDefault()
          if (!preview.isPending) preview.mutate()
        }}
      >
        {label && (
          <Field
            label={label}
            placeholder={placeholder}
            className="wide"
            required
            autoComplete="off"
            value={target}
            onChange={(event) => {
              setTarget(event.target.value)
              preview.reset() // what was counted is not what stands there now
            }}
          />
        )}
        <Button kind="primary" type="submit" busy={preview.isPending}>
          {preview.isPending ? 'Counting…' : 'See what it will hit'}
        </Button>
      </form>
      <div role="status">
        {preview.isError && <p className="notice bad">{wordsOf(preview.error)}</p>}
        {preview.data && (
          <Counted
            key={JSON.stringify(preview.data.request)}
            scope={scope}
            target={target.trim()}
            {...preview.data}
            again={() => preview.mutate()}
          />
        )}
      </div>
    </>
  )
}

function Counted({
  scope,
  target,
  request,
  ending,
  again,
}: Preview & { readonly scope: Scope; readonly target: string; readonly again: () => void }): ReactNode {
  const session = useSession()
  const queries = useQueryClient()
  const failed = useStepUp()
  const end = useMutation({
    mutationFn: () => ask<Ending>('POST', '/admin/endings', request),
    onSuccess: () => queries.invalidateQueries(),
    onError: failed,
  })
  if (end.data) return <Done ending={end.data} />
  const hit = count(ending.ended, 'session')
  const isEmail = session.status === 'signed-in' && session.user.email?.toLowerCase() === target.toLowerCase()
  return (
    <div className="verdict">
      <p>
        <strong className="big">{number(ending.ended)}</strong> {ending.ended === 1 ? 'session is' : 'sessions are'}{' '}
        alive and would end now.
      </p>
      {ending.warning && <p className="notice warn">{ending.warning}</p>}
      {(scope === 'everyone' || isEmail) && (
        <p className="notice warn">Your own sessions are among them: you will be signed out, too.</p>
      )}
      {scope !== 'user' && (
        <p className="muted">
          This needs a sign-in of the last {duration(settings.step_up * 1000)}; you are asked for your password if yours
          is older.
        </p>
      )}
      <div className="actions">
        <Confirm
          kind="danger"
          busy={end.isPending}
          title={`End ${hit}?`}
          explain="All tokens of these sessions are refused at once, everywhere. Who signs in meanwhile is hit, too. This cannot be undone."
          typed={typedWord(scope, target)}
          confirm={`End ${hit}`}
          onConfirm={() => end.mutate()}
        >
          {end.isPending ? 'Ending…' : `End ${hit}…`}
        </Confirm>
        <Button kind="quiet" onClick={again}>
          Count again
        </Button>
      </div>
    </div>
  )
}

function Done({ ending }: { readonly ending: Ending }): ReactNode {
  return (
    <div className="verdict">
      <p>
        <strong className="big">{number(ending.ended)}</strong> {ending.ended === 1 ? 'session has' : 'sessions have'}{' '}
        ended
        {ending.at && <>, {moment(ending.at)}</>}. It is on disk, and their tokens are refused from now on.
      </p>
      {ending.id && (
        <p className="muted">
          The audit trail has it as <code>{ending.id}</code>.
        </p>
      )}
      <div className="actions">
        <Link className="button plain" to="/audit">
          Show the audit trail
        </Link>
      </div>
    </div>
  )
}
