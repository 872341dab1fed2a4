'use client'

import type { SessionState } from '@exeunt/client'
import { useCallback, useSyncExternalStore } from 'react'
import { useExeunt } from './context.js'

const onTheServer: SessionState = { status: 'loading', unreachable: false }

/** Who is signed in, as the page may show it; on a server always `loading`. */
export function useSession(): SessionState {
  const client = useExeunt()
  return useSyncExternalStore(
    useCallback((changed) => client.subscribe(changed), [client]),
    () => client.state,
    () => onTheServer,
  )
}
