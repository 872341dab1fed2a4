'use client'

import { describeEnd, type EndReason } from '@exeunt/client/words'
import type { ReactNode } from 'react'
import { useSession } from './use-session.js'

export interface SignedOutNoticeProps {
  /** The words for a reason; default English ones. */
  readonly describe?: (reason: EndReason) => string
  /** Shown while the server has not confirmed a logout yet. */
  readonly pending?: ReactNode
  readonly className?: string
}

/** Says why the last session ended. For the sign-in page; says nothing where nobody was signed in. */
export function SignedOutNotice({
  describe = describeEnd,
  pending = 'This device is signed out. The server will be told as soon as it can be reached.',
  className,
}: SignedOutNoticeProps): ReactNode {
  const state = useSession()
  const isOut = state.status === 'signed-out'
  return (
    // In the page from the start, so that screen readers announce what appears in it.
    <p role="status" className={className}>
      {isOut && state.reason !== undefined ? describe(state.reason) : null}
      {isOut && state.pending ? <> {pending}</> : null}
    </p>
  )
}
