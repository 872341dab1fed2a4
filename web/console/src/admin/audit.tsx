import { useQuery } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { ask } from '../api.js'
import { Link, useRouter, withQuery } from '../router.js'
import { useAddressForm } from '../ui/address-form.js'
import { Button } from '../ui/button.js'
import { Choice, Field } from '../ui/field.js'
import { Icon } from '../ui/icon.js'
import { Badge, Card, Empty, Loaded, PageHead } from '../ui/parts.js'
import { actions, toneOf } from '../words/actions.js'
import { auditQuery } from '../words/filters.js'
import { count, number, shortId } from '../words/numbers.js'
import { adminReasons, inWords } from '../words/reasons.js'
import { moment } from '../words/time.js'
import { Export } from './export.js'
import { findPerson, nameOf, Person, useNames, type Names } from './names.js'
import { Pager, Table } from './table.js'
import type { AuditEntry, AuditPage as Page } from './types.js'
import { Verify } from './verify.js'

/** The audit trail: what happened, exported and proved. */
export function AuditPage(): ReactNode {
  const { query } = useRouter()
  const address = auditQuery(query)
  const page = useQuery({
    queryKey: ['audit', address],
    queryFn: ({ signal }) =>
      ask<Page>('GET', `/admin/audit${address || '?'}${address ? '&' : ''}limit=50`, undefined, signal),
    placeholderData: (before) => before,
  })
  const entries = page.data?.entries ?? []
  const names = useNames(entries.flatMap(({ user, by }) => [user, by.user]))
  return (
    <>
      <PageHead
        title="Audit trail"
        lead="Every sign-in, every ending and every change, in a chain that nobody can alter unseen. The newest first."
      />
      <Verify />
      <Card>
        <Filters />
        <Export />
        <Loaded of={page} what="The audit trail">
          {({ next }) =>
            entries.length === 0 ? (
              <Empty title="No entry fits.">Search for less, or for another time. Days are in UTC.</Empty>
            ) : (
              <>
                <Entries entries={entries} names={names} />
                <Pager next={next} />
              </>
            )
          }
        </Loaded>
      </Card>
    </>
  )
}

function Entries({ entries, names }: { readonly entries: readonly AuditEntry[]; readonly names: Names }): ReactNode {
  return (
    <Table<AuditEntry>
      caption="Entries of the audit trail"
      rows={entries}
      keyOf={({ chain, number: place }) => `${chain} ${place}`}
      columns={[
        { title: 'When', cell: ({ at }) => <time dateTime={at}>{moment(at)}</time> },
        { title: 'What', cell: (entry) => <What entry={entry} /> },
        {
          title: 'Whom',
          cell: ({ user, claimed, erased }) =>
            user ? <Person id={user} names={names} /> : (claimed ?? (erased ? <em className="muted">erased</em> : '–')),
        },
        { title: 'By', cell: (entry) => <By entry={entry} names={names} /> },
        { title: 'Details', cell: (entry) => <Details entry={entry} /> },
      ]}
    />
  )
}

function What({ entry: { action, reason, count: many } }: { readonly entry: AuditEntry }): ReactNode {
  // One session is what an ending of one session always hits.
  const hit =
    many !== undefined &&
    action !== 'session_ended' &&
    (action === 'sessions_ended' ? count(many, 'session') : count(many, 'time'))
  const words = [reason && inWords(adminReasons, reason), hit].filter(Boolean).join(', ')
  return (
    <>
      <Badge tone={toneOf(action, reason)}>{inWords(actions, action)}</Badge>
      {words && <small className="muted">{words}</small>}
    </>
  )
}

function By({ entry: { by, user }, names }: { readonly entry: AuditEntry; readonly names: Names }): ReactNode {
  if (by.user && by.user === user) return 'themselves'
  if (by.user) return <Person id={by.user} names={names} />
  if (by.name) return by.name
  return { operator: 'the operator', job: 'the server', anonymous: 'somebody unknown' }[by.kind] ?? by.kind
}

function Details({ entry }: { readonly entry: AuditEntry }): ReactNode {
  const words = [entry.device, entry.address, entry.client && `client ${entry.client}`, entry.detail]
    .filter(Boolean)
    .join(' · ')
  return (
    <>
      <span className="wrap">{words}</span>
      <small className="muted">
        {entry.session && (
          <>
            <Link to={`/sessions?q=${entry.session}`} title={entry.session}>
              session {shortId(entry.session)}
            </Link>{' '}
          </>
        )}
        <span title={`Chain ${entry.chain}, hash ${entry.hash}`}>no. {number(entry.number)}</span>
      </small>
    </>
  )
}

const choices = (words: Readonly<Record<string, string>>): readonly (readonly [string, string])[] => [
  ['', 'Any'],
  ...Object.entries(words),
]

const read = (query: URLSearchParams) => ({
  person: '',
  action: query.get('action') ?? '',
  reason: query.get('reason') ?? '',
  from: query.get('from') ?? '',
  to: query.get('to') ?? '',
})

function Filters(): ReactNode {
  const router = useRouter()
  const { query, go } = router
  const user = query.get('user') ?? undefined
  const names = useNames([user])
  const [form, setForm] = useAddressForm(query, read)
  const [unknown, setUnknown] = useState<string>()
  const search = async (wanted: typeof form) => {
    const { person, ...rest } = wanted
    setUnknown(undefined)
    const found = person.trim() ? await findPerson(person).catch(() => undefined) : undefined
    if (person.trim() && found === undefined) setUnknown('No account has exactly this e-mail address or id.')
    else go(withQuery(router, { ...rest, ...(found && { user: found }), cursor: undefined }))
  }
  const field = (name: keyof typeof form) => ({
    value: form[name],
    onChange: (event: { readonly target: { readonly value: string } }) =>
      setForm({ ...form, [name]: event.target.value }),
  })
  return (
    <form
      className="filters"
      role="search"
      onSubmit={(event) => {
        event.preventDefault()
        void search(form)
      }}
    >
      <Field
        label="Person"
        placeholder="Whole e-mail address, or id"
        className="wide"
        error={unknown}
        {...field('person')}
      />
      <Choice label="What" options={choices(actions)} {...field('action')} />
      <Choice label="Reason" options={choices(adminReasons)} {...field('reason')} />
      <Field label="From" type="date" {...field('from')} />
      <Field label="To" type="date" {...field('to')} />
      <Button kind="primary" type="submit">
        <Icon name="search" /> Search
      </Button>
      {user && (
        <p className="filtered">
          About {nameOf(names.get(user)) ? <Person id={user} names={names} /> : <code>{user}</code>} only.{' '}
          <Link to={withQuery(router, { user: undefined, cursor: undefined })}>Show everybody's</Link>
        </p>
      )}
    </form>
  )
}
