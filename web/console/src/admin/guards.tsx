import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { ask } from '../api.js'
import { Ago, Badge, Card, Empty, Loaded, PageHead } from '../ui/parts.js'
import { count } from '../words/numbers.js'
import { within } from '../words/time.js'
import { Clients, type ClientList } from './clients.js'
import { Table } from './table.js'
import type { Guard, Propagation } from './types.js'

/** The guards that enforce endings, and the programs that have credentials. */
export function GuardsPage(): ReactNode {
  const guards = useQuery({
    queryKey: ['guards'],
    queryFn: ({ signal }) => ask<{ readonly guards: readonly Guard[] }>('GET', '/admin/guards', undefined, signal),
    refetchInterval: 3_000,
  })
  const clients = useQuery({
    queryKey: ['clients'],
    queryFn: ({ signal }) => ask<ClientList>('GET', '/admin/clients', undefined, signal),
  })
  const nameOf = (id: string) => clients.data?.clients.find((client) => client.id === id)?.name ?? id
  return (
    <>
      <PageHead
        title="Guards and clients"
        lead="A guard stands before an API and refuses the tokens of ended sessions. Each has the credentials of a client."
      />
      <Card title="Guards following this server">
        <Loaded of={guards} what="Guards">
          {(data) =>
            data.guards.length === 0 ? (
              <Empty title="No guard is connected.">
                Add a client below, give its id and secret to the guard of your API, and it appears here as soon as it
                follows.
              </Empty>
            ) : (
              <Table<Guard>
                caption="Guards"
                rows={data.guards}
                keyOf={(guard) => `${guard.client} ${guard.name} ${guard.instance} ${guard.since}`}
                columns={[
                  {
                    title: 'Guard',
                    cell: ({ name, instance }) => (
                      <>
                        {name}
                        {instance && <small className="muted">{instance}</small>}
                      </>
                    ),
                  },
                  { title: 'Client', cell: ({ client }) => nameOf(client) },
                  { title: 'Following', cell: ({ since }) => <Ago at={since} /> },
                  { title: 'Enforces', cell: ({ behind }) => <Lag behind={behind} /> },
                  { title: 'Takes', cell: ({ propagation }) => <Takes propagation={propagation} /> },
                  {
                    title: 'Last told',
                    cell: ({ acknowledged_at }) =>
                      acknowledged_at ? <Ago at={acknowledged_at} /> : <span className="muted">nothing yet</span>,
                  },
                ]}
              />
            )
          }
        </Loaded>
      </Card>
      <Clients of={clients} />
    </>
  )
}

function Lag({ behind }: { readonly behind: number | undefined }): ReactNode {
  if (behind === undefined) return <Badge>Not asked yet</Badge>
  return behind === 0 ? (
    <Badge tone="good">Everything</Badge>
  ) : (
    <Badge tone="warn">{count(behind, 'ending')} behind</Badge>
  )
}

function Takes({ propagation }: { readonly propagation: Propagation | undefined }): ReactNode {
  if (!propagation) return <span className="muted">nothing yet</span>
  return (
    <>
      {within(propagation.p50_ms)}
      <small className="muted">99 of 100 within {within(propagation.p99_ms)}</small>
    </>
  )
}
