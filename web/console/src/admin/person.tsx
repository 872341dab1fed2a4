import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { ask } from '../api.js'
import { Link } from '../router.js'
import { Button } from '../ui/button.js'
import { Confirm } from '../ui/confirm.js'
import { useTell } from '../ui/news.js'
import { Ago, Card, Empty, Loaded, PageHead } from '../ui/parts.js'
import { count } from '../words/numbers.js'
import { nameOf } from './names.js'
import { AccountBadges } from './people.js'
import { SessionTable } from './session-table.js'
import type { Account, AccountDetail } from './types.js'

/** One account: its sessions and how they ended, and what an administrator can do. */
export function PersonPage({ id }: { readonly id: string }): ReactNode {
  const detail = useQuery({
    queryKey: ['person', id],
    queryFn: ({ signal }) => ask<AccountDetail>('GET', `/admin/accounts/${encodeURIComponent(id)}`, undefined, signal),
  })
  return (
    <>
      <PageHead title={nameOf(detail.data?.account) ?? 'Account'} lead={detail.data?.account.email}>
        {detail.data && <Actions {...detail.data} />}
      </PageHead>
      <Loaded of={detail} what="The account">
        {({ account, alive, sessions, next }) => (
          <>
            <Card>
              <dl className="facts">
                <Fact title="State">
                  <AccountBadges account={account} />
                </Fact>
                <Fact title="Signed in on">{count(alive, 'device')}</Fact>
                <Fact title="Since">
                  <Ago at={account.created_at} />
                </Fact>
                {account.disabled_at && (
                  <Fact title="Disabled">
                    <Ago at={account.disabled_at} />
                  </Fact>
                )}
                <Fact title="Issuer">{account.issuer}</Fact>
                <Fact title="Id">
                  <code>{account.id}</code>
                </Fact>
              </dl>
              <p className="after">
                <Link to={`/audit?user=${account.id}`}>What the audit trail says of this account</Link>
              </p>
            </Card>
            <Card title="Sessions">
              {sessions.length === 0 ? (
                <Empty title="No session is kept.">
                  Ended sessions are forgotten after a while; the audit trail remembers them.
                </Empty>
              ) : (
                <SessionTable sessions={sessions} withPerson={false} />
              )}
              {next !== undefined && (
                <div className="actions end">
                  <Link className="button plain" to={`/sessions?user=${account.id}`}>
                    Show all sessions
                  </Link>
                </div>
              )}
            </Card>
          </>
        )}
      </Loaded>
    </>
  )
}

function Fact({ title, children }: { readonly title: string; readonly children: ReactNode }): ReactNode {
  return (
    <div>
      <dt className="muted">{title}</dt>
      <dd>{children}</dd>
    </div>
  )
}

interface Deed {
  readonly path: string
  readonly body?: object
  readonly done: (ended: number) => string
}

function Actions({ account, alive }: { readonly account: Account; readonly alive: number }): ReactNode {
  const queries = useQueryClient()
  const tell = useTell()
  const name = nameOf(account) ?? account.id
  const act = useMutation({
    mutationFn: ({ path, body }: Deed) => ask<{ readonly ended: number }>('POST', path, body ?? {}),
    onSuccess: ({ ended }, { done }) => tell.done(done(ended)),
    onError: tell.failed,
    onSettled: () => queries.invalidateQueries(),
  })
  const own = `/admin/accounts/${encodeURIComponent(account.id)}`
  return (
    <>
      {alive > 0 && (
        <Confirm
          busy={act.isPending}
          title={`End all sessions of ${name}?`}
          explain={`${count(alive, 'device')} will have to sign in again. The tokens are refused at once, and this cannot be undone.`}
          confirm={`End ${count(alive, 'session')}`}
          onConfirm={() =>
            act.mutate({
              path: '/admin/endings',
              body: { scope: 'user', user: account.id },
              done: (ended) => `${count(ended, 'session')} of ${name} ended.`,
            })
          }
        >
          End all sessions
        </Confirm>
      )}
      {account.disabled_at ? (
        <Button
          busy={act.isPending}
          onClick={() => act.mutate({ path: `${own}/enable`, done: () => `${name} may sign in again.` })}
        >
          Enable
        </Button>
      ) : (
        <Confirm
          busy={act.isPending}
          title={`Disable ${name}?`}
          explain={`${name} cannot sign in any more, and ${count(alive, 'session')} will end at once. You can enable the account again; the sessions stay ended.`}
          confirm="Disable the account"
          onConfirm={() =>
            act.mutate({
              path: `${own}/disable`,
              done: (ended) => `${name} is disabled; ${count(ended, 'session')} ended.`,
            })
          }
        >
          Disable
        </Confirm>
      )}
      <Confirm
        busy={act.isPending}
        title={`Erase ${name} for good?`}
        explain="The account is disabled; its e-mail address, name and password, and the devices and addresses of its sessions, are deleted here and in the audit trail, which still verifies. This cannot be undone."
        confirm="Erase"
        typed="erase"
        onConfirm={() => act.mutate({ path: `${own}/erase`, done: () => 'The person is erased.' })}
      >
        Erase…
      </Confirm>
    </>
  )
}
