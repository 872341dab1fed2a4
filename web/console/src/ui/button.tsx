import type { ComponentPropsWithRef, ReactNode } from 'react'

export interface ButtonProps extends Omit<ComponentPropsWithRef<'button'>, 'disabled'> {
  /** `harm` leads to a question; `danger` is the answer that does it. */
  readonly kind?: 'primary' | 'plain' | 'quiet' | 'harm' | 'danger'
  /** While it works. It keeps the focus, which `disabled` would take away, and does nothing. */
  readonly busy?: boolean
  /** Why it cannot be pressed now; shown to nobody, but it is not pressed. */
  readonly off?: boolean
}

export function Button({
  kind = 'plain',
  busy = false,
  off = false,
  onClick,
  className,
  ...rest
}: ButtonProps): ReactNode {
  return (
    <button
      type="button"
      {...rest}
      className={`button ${kind} ${className ?? ''}`}
      aria-disabled={busy || off || undefined}
      aria-busy={busy || undefined}
      onClick={(event) => {
        if (busy || off) event.preventDefault()
        else onClick?.(event)
      }}
    />
  )
}
