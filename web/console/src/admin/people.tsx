import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { ask } from '../api.js'
import { Link, useRouter, withQuery } from '../router.js'
import { useAddressForm } from '../ui/address-form.js'
import { Button } from '../ui/button.js'
import { Field } from '../ui/field.js'
import { Icon } from '../ui/icon.js'
import { Ago, Badge, Card, Empty, Loaded, PageHead } from '../ui/parts.js'
import { nameOf } from './names.js'
import { Pager, Table } from './table.js'
import type { Account, AccountPage } from './types.js'

/** Accounts, ours and those of providers. */
export function PeoplePage(): ReactNode {
  const router = useRouter()
  const { query } = router
  const words = query.get('q') ?? ''
  const address = new URLSearchParams({
    ...(words && { search: words }),
    ...(query.get('cursor') && { cursor: query.get('cursor') ?? '' }),
  }).toString()
  const page = useQuery({
    queryKey: ['people', address],
    queryFn: ({ signal }) => ask<AccountPage>('GET', `/admin/accounts?${address}`, undefined, signal),
    placeholderData: (before) => before,
  })
  return (
    <>
      <PageHead title="People" lead="Everybody who can sign in here, and everybody whom a provider has sent." />
      <Card>
        <Search onSearch={(q) => router.go(withQuery(router, { q, cursor: undefined }))} />
        <Loaded of={page} what="People">
          {({ accounts, next }) =>
            accounts.length === 0 ? (
              <Empty
                title={words ? `Nobody's e-mail address or name begins with “${words}”.` : 'There are no accounts.'}
              >
                {words ? 'A search takes the beginning of either, or a whole id.' : 'Add one with: exeunt users add'}
              </Empty>
            ) : (
              <>
                <Table<Account>
                  caption="People"
                  rows={accounts}
                  keyOf={({ id }) => id}
                  columns={[
                    {
                      title: 'Name',
                      cell: (account) => (
                        <>
                          <Link to={`/people/${account.id}`}>{nameOf(account)}</Link>
                          {account.email && account.name && <small className="muted">{account.email}</small>}
                        </>
                      ),
                    },
                    { title: 'State', cell: (account) => <AccountBadges account={account} /> },
                    { title: 'Since', cell: ({ created_at }) => <Ago at={created_at} /> },
                  ]}
                />
                <Pager next={next} />
              </>
            )
          }
        </Loaded>
      </Card>
    </>
  )
}

/** What is special about an account. */
export function AccountBadges({ account }: { readonly account: Account }): ReactNode {
  const isOurs = account.email !== undefined
  return (
    <span className="badges">
      {account.disabled_at ? <Badge tone="warn">Disabled</Badge> : <Badge tone="good">Active</Badge>}
      {account.roles.includes('admin') && <Badge tone="accent">Administrator</Badge>}
      {!isOurs && !account.disabled_at && <Badge>Of a provider</Badge>}
    </span>
  )
}

const read = (query: URLSearchParams) => query.get('q') ?? ''

function Search({ onSearch }: { readonly onSearch: (words: string) => void }): ReactNode {
  const [typed, setTyped] = useAddressForm(useRouter().query, read)
  return (
    <form
      className="filters"
      role="search"
      onSubmit={(event) => {
        event.preventDefault()
        onSearch(typed.trim())
      }}
    >
      <Field
        label="Person"
        type="search"
        placeholder="E-mail, name or id"
        className="wide"
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
      <Button kind="primary" type="submit">
        <Icon name="search" /> Search
      </Button>
    </form>
  )
}
