'use client'

import type { SessionState, User } from '@exeunt/client'
import type { ReactNode } from 'react'
import { useSession } from './use-session.js'

type SignedOut = Extract<SessionState, { status: 'signed-out' }>

export interface ProtectedRouteProps {
  readonly children: ReactNode
  /** Shown to who is signed out: usually your router's redirect, such as `<Navigate to="/login" replace />`. Default nothing. */
  readonly signedOut?: ReactNode | ((state: SignedOut) => ReactNode)
  /** Shown while it is being found out who is signed in. `unreachable` is true when the server has not answered so far. Default nothing. */
  readonly loading?: ReactNode | ((unreachable: boolean) => ReactNode)
  /** Who of those signed in may see it. What must be secret is refused by the API; this only keeps the page tidy. Default everybody. */
  readonly allow?: (user: User) => boolean
  /** Shown to who is signed in and may not. Default nothing. */
  readonly denied?: ReactNode
}

/**
 * Shows its children only while somebody is signed in, and takes them out of the page at once when that ends, in any tab, or comes into doubt, as after
 * Back. Knows no router, so it works with any.
 */
export function ProtectedRoute({ children, signedOut, loading, allow, denied }: ProtectedRouteProps): ReactNode {
  const state = useSession()
  switch (state.status) {
    case 'signed-out':
      return typeof signedOut === 'function' ? signedOut(state) : signedOut
    case 'loading':
      return typeof loading === 'function' ? loading(state.unreachable) : loading
    case 'signed-in':
      return !allow || allow(state.user) ? children : denied
  }
}
