import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { ask } from '../api.js'
import { Confirm } from '../ui/confirm.js'
import { useTell } from '../ui/news.js'
import { Ago, Badge } from '../ui/parts.js'
import { addressInWords } from '../words/address.js'
import { adminReasons, inWords, isAlarming } from '../words/reasons.js'
import { Person, useNames } from './names.js'
import { Table, type Column } from './table.js'
import type { Ending, Session } from './types.js'

/** Sessions with what is known of them, and a way to end those that are alive. */
export function SessionTable({
  sessions,
  withPerson,
}: {
  readonly sessions: readonly Session[]
  readonly withPerson: boolean
}): ReactNode {
  const names = useNames(withPerson ? sessions.map(({ user }) => user) : [])
  const person: Column<Session> = { title: 'Person', cell: ({ user }) => <Person id={user} names={names} /> }
  const others: readonly Column<Session>[] = [
    {
      title: 'Device',
      cell: ({ id, device, address }) => (
        <>
          <span title={id}>{device}</span>
          <small className="muted">{addressInWords(address)}</small>
        </>
      ),
    },
    {
      title: 'Client',
      cell: ({ client, outside_id }) => (
        <>
          {client}
          {outside_id && <small className="muted">session of a provider</small>}
        </>
      ),
    },
    { title: 'Signed in', cell: ({ opened_at }) => <Ago at={opened_at} /> },
    { title: 'Last seen', cell: ({ last_seen_at }) => <Ago at={last_seen_at} /> },
    { title: 'State', cell: (session) => <State session={session} /> },
    { title: 'Actions', className: 'number', cell: (session) => session.alive && <EndOne session={session} /> },
  ]
  return (
    <Table
      caption="Sessions"
      rows={sessions}
      keyOf={({ id }) => id}
      columns={withPerson ? [person, ...others] : others}
    />
  )
}

function State({ session: { alive, end_reason, ended_at } }: { readonly session: Session }): ReactNode {
  if (alive) return <Badge tone="good">Signed in</Badge>
  const reason = end_reason ?? 'ended'
  return (
    <>
      <Badge tone={isAlarming(reason) ? 'bad' : 'plain'}>{inWords(adminReasons, reason)}</Badge>
      {ended_at && (
        <small className="muted">
          <Ago at={ended_at} />
        </small>
      )}
    </>
  )
}

function EndOne({ session }: { readonly session: Session }): ReactNode {
  const queries = useQueryClient()
  const tell = useTell()
  const end = useMutation({
    mutationFn: () => ask<Ending>('POST', '/admin/endings', { scope: 'session', session: session.id }),
    onSuccess: () => tell.done(`The session on ${session.device} has ended.`),
    onError: tell.failed,
    onSettled: () => queries.invalidateQueries(),
  })
  return (
    <Confirm
      busy={end.isPending}
      label={`End the session on ${session.device}`}
      title="End this session?"
      explain={`${session.device} will have to sign in again. Its tokens are refused at once, and this cannot be undone.`}
      confirm="End the session"
      onConfirm={() => end.mutate()}
    >
      End
    </Confirm>
  )
}
