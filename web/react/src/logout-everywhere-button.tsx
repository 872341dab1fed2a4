'use client'

import type { LogoutResult } from '@exeunt/client'
import type { ReactNode } from 'react'
import { ConfirmButton } from './confirm-button.js'
import { useLogout } from './use-logout.js'

export interface LogoutEverywhereButtonProps {
  /** What the button says. */
  readonly children?: ReactNode
  readonly question?: ReactNode
  readonly confirm?: ReactNode
  readonly cancel?: ReactNode
  /** Shown when the server did not confirm: then the other devices may still be signed in. */
  readonly unconfirmed?: ReactNode
  readonly className?: string
  /** Called when this device is clean. `endedSessions` is undefined when the server did not confirm. */
  readonly onDone?: (result: LogoutResult) => void
}

/** Signs out on all devices, after asking. */
export function LogoutEverywhereButton({
  children = 'Sign out on all devices',
  question = 'Sign out on all devices, this one too?',
  confirm = 'Yes, sign out everywhere',
  cancel = 'Stay signed in',
  unconfirmed = 'This device is signed out. The server could not be reached, so other devices may still be signed in: sign in again to end them.',
  className,
  onDone,
}: LogoutEverywhereButtonProps): ReactNode {
  const { mutate, isPending, data } = useLogout({ everywhere: true, ...(onDone && { onDone }) })
  return (
    <>
      <ConfirmButton
        {...{ question, confirm, cancel, className }}
        busy={isPending}
        onConfirm={() => {
          mutate()
        }}
      >
        {children}
      </ConfirmButton>
      <span role="status">{data && data.endedSessions === undefined ? unconfirmed : null}</span>
    </>
  )
}
