import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { ask } from '../api.js'
import { Link, useRouter, withQuery } from '../router.js'
import { useAddressForm } from '../ui/address-form.js'
import { Button } from '../ui/button.js'
import { Choice, Field } from '../ui/field.js'
import { Icon } from '../ui/icon.js'
import { Badge, Card, Empty, Loaded, PageHead } from '../ui/parts.js'
import { sessionSearch } from '../words/filters.js'
import { nameOf, Person, useNames } from './names.js'
import { SessionTable } from './session-table.js'
import { Pager } from './table.js'
import type { AccountPage, Session, SessionPage } from './types.js'

/** Every session there is, found by person, client, or its id. What is searched for stands in the address. */
export function SessionsPage(): ReactNode {
  const router = useRouter()
  const { query } = router
  const search = sessionSearch(query)
  return (
    <>
      <PageHead title="Sessions" lead="Each sign-in on a device, our own and those of providers, the newest first." />
      <Card>
        <Filters />
        {search.kind === 'person' && <Found words={search.words} />}
        {search.kind === 'session' && <OneSession id={search.id} />}
        {search.kind === 'list' && <Listing query={search.query} />}
      </Card>
    </>
  )
}

const read = (query: URLSearchParams) => ({
  q: query.get('q') ?? '',
  client: query.get('client') ?? '',
  alive: query.get('alive') ?? '',
})

function Filters(): ReactNode {
  const router = useRouter()
  const { query, go } = router
  const [form, setForm] = useAddressForm(query, read)
  const user = query.get('user') ?? undefined
  const names = useNames([user])
  const search = (changes: Partial<typeof form>) => {
    const wanted = { ...form, ...changes }
    setForm(wanted)
    go(
      withQuery(router, {
        ...wanted,
        q: wanted.q.trim(),
        client: wanted.client.trim(),
        cursor: undefined,
        ...(wanted.q.trim() && { user: undefined }),
      }),
    )
  }
  return (
    <form
      className="filters"
      role="search"
      onSubmit={(event) => {
        event.preventDefault()
        search({})
      }}
    >
      <Field
        label="Person or session"
        type="search"
        placeholder="E-mail, name or id"
        className="wide"
        value={form.q}
        onChange={(event) => setForm({ ...form, q: event.target.value })}
      />
      <Field
        label="Client"
        placeholder="Any"
        value={form.client}
        onChange={(event) => setForm({ ...form, client: event.target.value })}
      />
      <Choice
        label="State"
        value={form.alive}
        options={[
          ['', 'Any'],
          ['true', 'Signed in now'],
        ]}
        onChange={(event) => search({ alive: event.target.value })}
      />
      <Button kind="primary" type="submit">
        <Icon name="search" /> Search
      </Button>
      {user && (
        <p className="filtered">
          Of <Person id={user} names={names} /> only.{' '}
          <Link to={withQuery(router, { user: undefined, cursor: undefined })}>Show everybody's</Link>
        </p>
      )}
    </form>
  )
}

function Listing({ query }: { readonly query: string }): ReactNode {
  const page = useQuery({
    queryKey: ['sessions', query],
    queryFn: ({ signal }) => ask<SessionPage>('GET', `/admin/sessions${query}`, undefined, signal),
    placeholderData: (before) => before,
  })
  return (
    <Loaded of={page} what="Sessions">
      {({ sessions, next }) =>
        sessions.length === 0 ? (
          <Empty title="No session fits.">
            {query
              ? 'Search for less, or look in the audit trail: it keeps longer than the sessions themselves.'
              : 'Sessions are listed here from the first sign-in on.'}
          </Empty>
        ) : (
          <>
            <SessionTable sessions={sessions} withPerson />
            <Pager next={next} />
          </>
        )
      }
    </Loaded>
  )
}

function OneSession({ id }: { readonly id: string }): ReactNode {
  const session = useQuery({
    queryKey: ['session', id],
    queryFn: ({ signal }) => ask<Session>('GET', `/admin/sessions/${encodeURIComponent(id)}`, undefined, signal),
  })
  return (
    <Loaded of={session} what="The session">
      {(one) => <SessionTable sessions={[one]} withPerson />}
    </Loaded>
  )
}

const most = 20

// A name can be of several people, so the search asks which.
function Found({ words }: { readonly words: string }): ReactNode {
  const router = useRouter()
  const people = useQuery({
    queryKey: ['people', words, most],
    queryFn: ({ signal }) =>
      ask<AccountPage>('GET', `/admin/accounts?limit=${most}&search=${encodeURIComponent(words)}`, undefined, signal),
  })
  return (
    <Loaded of={people} what="People">
      {({ accounts, next }) =>
        accounts.length === 0 ? (
          <Empty title={`Nobody's e-mail address or name begins with “${words}”.`}>
            A search takes the beginning of either, or a whole id.
          </Empty>
        ) : (
          <>
            <h2>Whose sessions?</h2>
            <ul className="rows choices">
              {accounts.map((account) => (
                <li key={account.id}>
                  <Link to={withQuery(router, { q: undefined, user: account.id, cursor: undefined })}>
                    <strong>{nameOf(account)}</strong> {account.disabled_at && <Badge tone="warn">Disabled</Badge>}
                    <small className="muted">{account.email ?? account.issuer}</small>
                  </Link>
                </li>
              ))}
            </ul>
            {next !== undefined && <p className="muted">There are more. Type more of the name.</p>}
          </>
        )
      }
    </Loaded>
  )
}
