'use client'

import type { Exeunt } from '@exeunt/client'
import { QueryClientContext } from '@tanstack/react-query'
import { createContext, useContext, useEffect, type ReactNode } from 'react'

const ExeuntContext = createContext<Exeunt | undefined>(undefined)

export interface ExeuntProviderProps {
  /** Made once, outside of any component, by `createExeunt`. */
  readonly client: Exeunt
  readonly children?: ReactNode
}

/**
 * Starts the client when the page runs, and gives it to everything below. Stands inside TanStack Query's `QueryClientProvider`: then the query cache is
 * cleared whenever the session ends, in every tab, whoever ended it.
 */
export function ExeuntProvider({ client, children }: ExeuntProviderProps): ReactNode {
  const queries = useContext(QueryClientContext)
  useEffect(() => {
    if (!queries) return
    return client.onForget('query cache', async () => {
      await queries.cancelQueries() // or an answer under way would fill what has just been cleared
      queries.clear()
    })
  }, [client, queries])
  useEffect(() => client.start(), [client])
  return <ExeuntContext.Provider value={client}>{children}</ExeuntContext.Provider>
}

/** The client of the provider above. */
export function useExeunt(): Exeunt {
  const client = useContext(ExeuntContext)
  if (!client) throw new Error('Put <ExeuntProvider client={…}> around the part of the app that uses Exeunt.')
  return client
}
