import { useEffect, useRef, useState, type ReactNode } from 'react'
import { send } from '../api.js'
import { Button } from '../ui/button.js'
import { Field } from '../ui/field.js'
import { Icon } from '../ui/icon.js'
import { wordsOf } from '../ui/news.js'
import { Card } from '../ui/parts.js'
import { count, number } from '../words/numbers.js'
import { readLines } from '../words/ndjson.js'

interface Step {
  readonly done: number
  readonly total: number
}

interface Verdict {
  readonly holds: boolean
  readonly entries: number
  readonly chains: number
  readonly erased: number
  readonly checkpoints: number
  readonly newest?: string
  readonly what?: string
}

type State =
  | { readonly as: 'idle' }
  | { readonly as: 'running'; readonly step: Step }
  | { readonly as: 'finished'; readonly verdict: Verdict }
  | { readonly as: 'failed'; readonly why: string }

/** Proves the trail on the server, and shows how far it has come. */
export function Verify(): ReactNode {
  const [state, setState] = useState<State>({ as: 'idle' })
  const [against, setAgainst] = useState('')
  const running = useRef<AbortController>(undefined)
  useEffect(() => () => running.current?.abort(), [])

  const run = async () => {
    const control = (running.current = new AbortController())
    setState({ as: 'running', step: { done: 0, total: 0 } })
    try {
      const { body } = await send(
        'POST',
        '/admin/audit/verify',
        { against: against.trim() || undefined },
        control.signal,
      )
      let last: Step | Verdict | undefined
      if (body)
        for await (const line of readLines<Step | Verdict>(body)) {
          last = line
          if (!('holds' in line)) setState({ as: 'running', step: line })
        }
      if (!last || !('holds' in last)) throw new Error('The server broke off before the verdict. Try again.')
      setState({ as: 'finished', verdict: last })
    } catch (failure) {
      setState(control.signal.aborted ? { as: 'idle' } : { as: 'failed', why: wordsOf(failure) })
    }
  }

  return (
    <Card
      title="Is it whole?"
      actions={
        state.as === 'running' ? (
          <Button onClick={() => running.current?.abort()}>Stop</Button>
        ) : (
          <Button onClick={() => void run()}>
            <Icon name="check" /> Verify the trail
          </Button>
        )
      }
    >
      {state.as === 'idle' && (
        <p className="muted">
          Makes every hash again and holds it against the signed checkpoints. Nothing waits for it.
        </p>
      )}
      {state.as === 'running' && (
        <div className="progress">
          <progress
            aria-label="Verifying"
            {...(state.step.total > 0 && { value: state.step.done, max: state.step.total })}
          />
          <span className="muted">
            {state.step.total > 0 ? `${number(state.step.done)} of ${number(state.step.total)}` : 'Counting…'}
          </span>
        </div>
      )}
      <div role="status">
        {state.as === 'failed' && <p className="notice bad">{state.why}</p>}
        {state.as === 'finished' && <Told verdict={state.verdict} />}
      </div>
      {state.as !== 'running' && (
        <details>
          <summary>Hold it against a checkpoint that you kept elsewhere</summary>
          <Field
            label="Checkpoint, or its hash"
            hint="This shows also what no look inside can: that the whole trail was put back to an older state."
            autoComplete="off"
            spellCheck={false}
            value={against}
            onChange={(event) => setAgainst(event.target.value)}
          />
        </details>
      )}
    </Card>
  )
}

function Told({ verdict }: { readonly verdict: Verdict }): ReactNode {
  if (!verdict.holds)
    return (
      <p className="notice bad">
        <Icon name="warning" /> <strong>The trail is broken.</strong> {verdict.what}
      </p>
    )
  return (
    <div className="notice good">
      <p>
        <Icon name="check" /> <strong>The chain holds:</strong> {count(verdict.entries, 'entry', 'entries')} in{' '}
        {count(verdict.chains, 'chain')}, {count(verdict.checkpoints, 'signed checkpoint')}
        {verdict.erased > 0 && `, ${number(verdict.erased)} with erased persons`}.
      </p>
      {verdict.newest && (
        <p className="small">
          Newest checkpoint, worth keeping elsewhere: <code>{verdict.newest}</code>
        </p>
      )}
    </div>
  )
}
