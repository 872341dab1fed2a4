import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { ask } from '../api.js'
import { Link } from '../router.js'
import { shortId } from '../words/numbers.js'
import type { Account, AccountPage } from './types.js'

export type Names = ReadonlyMap<string, Account>

const atOnce = 50 // what the server answers in one go

/** The accounts behind the ids of a listing. Until they are there the listing shows the ids. */
export function useNames(ids: readonly (string | undefined)[]): Names {
  const wanted = [...new Set(ids.filter((id) => id !== undefined))].sort()
  const { data } = useQuery({
    queryKey: ['names', wanted],
    enabled: wanted.length > 0,
    staleTime: 60_000,
    queryFn: async ({ signal }) => {
      const parts = Array.from({ length: Math.ceil(wanted.length / atOnce) }, (_, i) =>
        wanted.slice(i * atOnce, (i + 1) * atOnce),
      )
      const pages = await Promise.all(
        parts.map((part) =>
          ask<AccountPage>('GET', `/admin/accounts?${part.map((id) => `id=${id}`).join('&')}`, undefined, signal),
        ),
      )
      return new Map(pages.flatMap((page) => page.accounts).map((account) => [account.id, account]))
    },
  })
  return data ?? new Map<string, Account>()
}

/** What to call an account. */
export function nameOf(account: Account | undefined): string | undefined {
  return account && (account.name ?? account.email ?? account.subject)
}

/** Somebody, by name as soon as it is known, with the way to their page. */
export function Person({ id, names }: { readonly id: string; readonly names: Names }): ReactNode {
  const account = names.get(id)
  return (
    <Link to={`/people/${id}`} title={account?.email ?? id}>
      {nameOf(account) ?? <code>{shortId(id)}</code>}
    </Link>
  )
}

/** The id behind what somebody typed: an id, or the whole e-mail address of an account. Undefined when there is no such account. */
export async function findPerson(typed: string): Promise<string | undefined> {
  const text = typed.trim()
  if (/^usr_\w+$/.test(text)) return text
  const { accounts } = await ask<AccountPage>('GET', `/admin/accounts?limit=10&search=${encodeURIComponent(text)}`)
  return accounts.find((account) => account.email?.toLowerCase() === text.toLowerCase())?.id
}
