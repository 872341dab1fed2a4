'use client'

import { useId, useRef, useState, type KeyboardEvent, type ReactNode } from 'react'

export interface ConfirmButtonProps {
  /** What the button says. */
  readonly children: ReactNode
  /** What it is called where its text alone would be ambiguous, as in a list. */
  readonly label?: string | undefined
  /** What to ask before it is done. */
  readonly question: ReactNode
  readonly confirm: ReactNode
  readonly cancel: ReactNode
  readonly busy: boolean
  readonly className?: string | undefined
  readonly onConfirm: () => void
}

/** A button that asks back in place: no dialog to style, no focus to trap. Escape takes it back. */
export function ConfirmButton(props: ConfirmButtonProps): ReactNode {
  const { children, label, question, confirm, cancel, busy, className, onConfirm } = props
  const [asking, setAsking] = useState(false)
  const first = useRef<HTMLButtonElement>(null)
  const id = useId()

  const takeBack = () => {
    setAsking(false)
    queueMicrotask(() => first.current?.focus())
  }

  if (!asking)
    return (
      <button
        ref={first}
        type="button"
        className={className}
        aria-label={label}
        aria-disabled={busy || undefined}
        data-leaving={busy || undefined}
        onClick={() => !busy && setAsking(true)}
      >
        {children}
      </button>
    )

  return (
    <span
      role="group"
      aria-labelledby={id}
      className={className}
      data-asking
      onKeyDown={(event: KeyboardEvent) => event.key === 'Escape' && takeBack()}
    >
      <span id={id}>{question}</span>{' '}
      <button
        type="button"
        onClick={() => {
          takeBack()
          onConfirm()
        }}
      >
        {confirm}
      </button>{' '}
      {/* The harmless answer has the focus. */}
      <button type="button" autoFocus onClick={takeBack}>
        {cancel}
      </button>
    </span>
  )
}
