'use client'

import type { Device } from '@exeunt/client'
import {
  useMutation,
  useQuery,
  useQueryClient,
  type UseMutationResult,
  type UseQueryResult,
} from '@tanstack/react-query'
import { useExeunt } from './context.js'
import { useSession } from './use-session.js'

/** The person's sessions, and how to end them. */
export interface Devices {
  readonly list: UseQueryResult<readonly Device[]>
  /** Ends one other session. */
  readonly end: UseMutationResult<number, Error, Device>
  /** Ends all but this one. */
  readonly endOthers: UseMutationResult<number, Error, void>
}

/** Reads the person's sessions while somebody is signed in. */
export function useDevices(): Devices {
  const client = useExeunt()
  const session = useSession()
  const queries = useQueryClient()
  const key = ['exeunt', 'devices', session.status === 'signed-in' ? session.sessionId : null]
  const again = () => queries.invalidateQueries({ queryKey: key })
  return {
    list: useQuery({ queryKey: key, queryFn: () => client.devices(), enabled: session.status === 'signed-in' }),
    end: useMutation({ mutationFn: (device: Device) => client.endDevice(device.id), onSettled: again }),
    endOthers: useMutation({ mutationFn: () => client.endOtherDevices(), onSettled: again }),
  }
}
