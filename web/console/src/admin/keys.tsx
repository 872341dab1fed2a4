import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { ask } from '../api.js'
import { Confirm } from '../ui/confirm.js'
import { useTell } from '../ui/news.js'
import { Ago, Badge, Card, Loaded, PageHead } from '../ui/parts.js'
import { useStepUp } from './step-up.js'
import { Table } from './table.js'
import type { Key } from './types.js'

interface Keys {
  readonly keys: readonly Key[]
}

const stages = {
  next: ['accent', 'Next', 'published, so that everybody knows it by the time it signs'],
  in_use: ['good', 'In use', 'makes what is made now'],
  retired: ['plain', 'Retired', 'makes nothing; what it made can still be alive'],
  done_with: ['plain', 'Done with', 'nothing that it made can be alive'],
} as const

/** The server's keys, which rotate by themselves. */
export function KeysPage(): ReactNode {
  const keys = useQuery({
    queryKey: ['keys'],
    queryFn: ({ signal }) => ask<Keys>('GET', '/admin/keys', undefined, signal),
  })
  return (
    <>
      <PageHead
        title="Keys"
        lead="They rotate by themselves. Rotate by hand when you want to, revoke when one has leaked."
      />
      <Loaded of={keys} what="Keys">
        {({ keys: all }) => {
          const signing = all.filter(({ kind }) => kind === 'signing')
          return (
            <>
              <Card
                title="They sign access tokens"
                actions={<Rotate isWaiting={signing.some(({ stage }) => stage === 'next')} />}
              >
                <KeyTable caption="Signing keys" keys={signing} revocable />
              </Card>
              <Card title="They seal refresh tokens">
                <KeyTable caption="Secrets of the server" keys={all.filter(({ kind }) => kind === 'secret')} />
              </Card>
            </>
          )
        }}
      </Loaded>
    </>
  )
}

function KeyTable({
  caption,
  keys,
  revocable = false,
}: {
  readonly caption: string
  readonly keys: readonly Key[]
  readonly revocable?: boolean
}): ReactNode {
  return (
    <Table<Key>
      caption={caption}
      rows={keys}
      keyOf={({ kind, id }) => `${kind} ${id}`}
      columns={[
        { title: 'Key', cell: ({ id }) => <code className="wrap">{id}</code> },
        { title: 'Algorithm', cell: ({ algorithm }) => algorithm },
        { title: 'Stage', cell: ({ stage }) => <Stage stage={stage} /> },
        { title: 'Made', cell: ({ made_at }) => <Ago at={made_at} /> },
        { title: 'Begins', cell: ({ from }) => <Ago at={from} /> },
        ...(revocable ? [{ title: 'Actions', className: 'number', cell: (key: Key) => <Revoke id={key.id} /> }] : []),
      ]}
    />
  )
}

function Stage({ stage }: { readonly stage: Key['stage'] }): ReactNode {
  const [tone, words, explain] = stages[stage]
  return (
    <>
      <Badge tone={tone}>{words}</Badge>
      <small className="muted">{explain}</small>
    </>
  )
}

function Rotate({ isWaiting }: { readonly isWaiting: boolean }): ReactNode {
  const queries = useQueryClient()
  const tell = useTell()
  const rotate = useMutation({
    mutationFn: () => ask<Keys>('POST', '/admin/keys/rotate', {}),
    onSuccess: (keys) => {
      queries.setQueryData(['keys'], keys)
      tell.done('The next key is published. It signs once everybody can know it.')
    },
    onError: tell.failed,
  })
  if (isWaiting) return <span className="muted">The next key waits for its time.</span>
  return (
    <Confirm
      kind="plain"
      busy={rotate.isPending}
      title="Rotate the signing key?"
      explain="A new key is published now and signs in about ten minutes. Nobody is signed out: the old one verifies until its last token has expired."
      confirm="Rotate"
      onConfirm={() => rotate.mutate()}
    >
      Rotate now
    </Confirm>
  )
}

function Revoke({ id }: { readonly id: string }): ReactNode {
  const queries = useQueryClient()
  const tell = useTell()
  const failed = useStepUp()
  const revoke = useMutation({
    mutationFn: () => ask<Keys>('POST', `/admin/keys/${encodeURIComponent(id)}/revoke`, {}),
    onSuccess: () => tell.done('The key is revoked. Its tokens are refused from now on.'),
    onError: failed,
    onSettled: () => queries.invalidateQueries(),
  })
  return (
    <Confirm
      busy={revoke.isPending}
      label={`Revoke ${id}`}
      title="Revoke this key?"
      explain="Every access token that it signed is refused at once, here and by every guard. Sessions live on: apps fetch a new token with their next refresh. For a key that has leaked; it cannot be undone."
      typed="revoke"
      confirm="Revoke the key"
      onConfirm={() => revoke.mutate()}
    >
      Revoke…
    </Confirm>
  )
}
