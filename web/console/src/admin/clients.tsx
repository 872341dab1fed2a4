import { useMutation, useQueryClient, type UseQueryResult } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { ask, send } from '../api.js'
import { Button } from '../ui/button.js'
import { Confirm } from '../ui/confirm.js'
import { Dialog } from '../ui/dialog.js'
import { Field } from '../ui/field.js'
import { useTell } from '../ui/news.js'
import { Ago, Badge, Card, Empty, Loaded } from '../ui/parts.js'
import { useStepUp } from './step-up.js'
import { Table } from './table.js'
import type { Client } from './types.js'

/** All programs with credentials. */
export interface ClientList {
  readonly clients: readonly Client[]
}

const scopes = [
  ['feed', 'Guard an API: follow the endings, acknowledge them, ask about a token'],
  ['introspect', 'Ask what a token is worth (RFC 7662)'],
] as const

/** The programs that have credentials: adding some, and taking them away. */
export function Clients({ of: clients }: { readonly of: UseQueryResult<ClientList> }): ReactNode {
  return (
    <Card title="Clients" actions={<AddClient />}>
      <Loaded of={clients} what="Clients">
        {(data) =>
          data.clients.length === 0 ? (
            <Empty title="No program has credentials yet.">A guard needs some; so does who asks about tokens.</Empty>
          ) : (
            <Table<Client>
              caption="Clients"
              rows={data.clients}
              keyOf={({ id }) => id}
              columns={[
                { title: 'Name', cell: ({ name }) => name },
                { title: 'Id', cell: ({ id }) => <code className="wrap">{id}</code> },
                { title: 'May', cell: (client) => client.scopes.map((scope) => <Badge key={scope}>{scope}</Badge>) },
                { title: 'Since', cell: ({ created_at }) => <Ago at={created_at} /> },
                { title: 'Actions', className: 'number', cell: (client) => <RemoveClient client={client} /> },
              ]}
            />
          )
        }
      </Loaded>
    </Card>
  )
}

function RemoveClient({ client }: { readonly client: Client }): ReactNode {
  const queries = useQueryClient()
  const tell = useTell()
  const remove = useMutation({
    mutationFn: async () => {
      await send('DELETE', `/admin/clients/${encodeURIComponent(client.id)}`)
    },
    onSuccess: () => tell.done(`${client.name} has no credentials any more.`),
    onError: tell.failed,
    onSettled: () => queries.invalidateQueries(),
  })
  return (
    <Confirm
      busy={remove.isPending}
      label={`Remove ${client.name}`}
      title={`Remove ${client.name}?`}
      explain="Its guards lose the feed within seconds; what they do then is their owner's choice, and may be to refuse every request. The secret cannot be had back."
      typed={client.name}
      confirm="Remove the client"
      onConfirm={() => remove.mutate()}
    >
      Remove
    </Confirm>
  )
}

interface Added {
  readonly client: Client
  readonly secret: string
}

function AddClient(): ReactNode {
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button kind="primary" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        Add a client
      </Button>
      {open && <Adding onClose={() => setOpen(false)} />}
    </>
  )
}

function Adding({ onClose }: { readonly onClose: () => void }): ReactNode {
  const queries = useQueryClient()
  const failed = useStepUp()
  const [name, setName] = useState('')
  const [wanted, setWanted] = useState<readonly string[]>(['feed'])
  const add = useMutation({
    mutationFn: () => ask<Added>('POST', '/admin/clients', { name, scopes: wanted }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['clients'] }),
    onError: (failure) => {
      onClose()
      failed(failure)
    },
    gcTime: 0, // the secret is nowhere once the dialog is closed
  })
  if (add.data) return <Secret {...add.data} onClose={onClose} />
  return (
    <Dialog title="Add a client" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (!add.isPending && wanted.length > 0) add.mutate()
        }}
      >
        <Field
          label="Name"
          placeholder="orders-api"
          required
          maxLength={100}
          autoFocus
          autoComplete="off"
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <fieldset className="scopes">
          <legend>What it may do</legend>
          {scopes.map(([scope, words]) => (
            <label key={scope}>
              <input
                type="checkbox"
                checked={wanted.includes(scope)}
                onChange={(event) =>
                  setWanted(event.target.checked ? [...wanted, scope] : wanted.filter((other) => other !== scope))
                }
              />
              <span>
                <strong>{scope}</strong>
                <small className="muted">{words}</small>
              </span>
            </label>
          ))}
        </fieldset>
        <div className="actions end">
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" busy={add.isPending} off={wanted.length === 0}>
            Add
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

function Secret({ client, secret, onClose }: Added & { readonly onClose: () => void }): ReactNode {
  const [copied, setCopied] = useState(false)
  return (
    <Dialog title={`${client.name} is added`} onClose={onClose}>
      <div className="stack">
        <p>This is its secret. It is shown this once: the server keeps only a hash of it.</p>
        <Field label="Client id" readOnly value={client.id} className="secret" />
        <Field label="Secret" readOnly value={secret} className="secret" onFocus={(event) => event.target.select()} />
        <div className="actions end">
          <Button onClick={() => void navigator.clipboard.writeText(secret).then(() => setCopied(true))}>
            {copied ? 'Copied' : 'Copy the secret'}
          </Button>
          <Button kind="primary" onClick={onClose}>
            I have kept it
          </Button>
        </div>
        <span className="unseen" role="status">
          {copied && 'Copied'}
        </span>
      </div>
    </Dialog>
  )
}
