'use client'

import type { LogoutResult } from '@exeunt/client'
import { useMutation, type UseMutationResult } from '@tanstack/react-query'
import { useExeunt } from './context.js'

export interface UseLogoutOptions {
  /** Ends all sessions of the person, not only this one. Default false. */
  readonly everywhere?: boolean
  /** Called when this device is clean, whether or not the server has confirmed it. */
  readonly onDone?: (result: LogoutResult) => void
}

/**
 * Logging out as a TanStack Query mutation. It has no error state: when the server does not answer, this device is signed out all the same, and
 * `data.server` is `pending`. The query cache is empty afterwards.
 */
export function useLogout({ everywhere = false, onDone }: UseLogoutOptions = {}): UseMutationResult<
  LogoutResult,
  never,
  void
> {
  const client = useExeunt()
  return useMutation<LogoutResult, never>({
    mutationFn: () => (everywhere ? client.logoutEverywhere() : client.logout()),
    networkMode: 'always', // TanStack would hold a mutation back while the browser is offline: the one moment when leaving must not wait
    retry: false,
    gcTime: 0,
    ...(onDone && { onSuccess: (result) => onDone(result) }),
  })
}
