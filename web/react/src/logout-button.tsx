'use client'

import type { LogoutResult } from '@exeunt/client'
import type { ComponentPropsWithRef, ReactNode } from 'react'
import { useLogout } from './use-logout.js'

export interface LogoutButtonProps extends Omit<ComponentPropsWithRef<'button'>, 'type'> {
  /** Called when this device is clean, whether or not the server has confirmed it. */
  readonly onDone?: (result: LogoutResult) => void
}

/**
 * Signs out of this session. A plain `<button>`: style it by `className`, or by `[data-leaving]` while it works. Its own `onClick` may call
 * `preventDefault()` to keep the person in.
 */
export function LogoutButton({ children = 'Sign out', onClick, onDone, ...rest }: LogoutButtonProps): ReactNode {
  const { mutate, isPending } = useLogout(onDone && { onDone })
  return (
    <button
      {...rest}
      type="button"
      // Not `disabled`: that would take the focus away from whoever has just pressed it.
      aria-disabled={isPending || rest['aria-disabled']}
      data-leaving={isPending || undefined}
      onClick={(event) => {
        onClick?.(event)
        if (!event.defaultPrevented && !isPending) mutate()
      }}
    >
      {children}
    </button>
  )
}
