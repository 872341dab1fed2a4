import { useId, type ComponentPropsWithRef, type ReactNode } from 'react'

interface Around {
  readonly label: string
  readonly hint?: ReactNode
  readonly error?: string | undefined
}

/** A labelled input with its hint and what is wrong with it, tied together for screen readers. */
export function Field({ label, hint, error, className, ...input }: Around & ComponentPropsWithRef<'input'>): ReactNode {
  const id = useId()
  return (
    <div className={`field ${className ?? ''}`}>
      <label htmlFor={id}>{label}</label>
      <input {...input} id={id} aria-invalid={error ? true : undefined} aria-describedby={`${id}-hint ${id}-error`} />
      {hint && (
        <small id={`${id}-hint`} className="muted">
          {hint}
        </small>
      )}
      <small id={`${id}-error`} className="wrong" role="alert">
        {error}
      </small>
    </div>
  )
}

interface ChoiceProps extends Around, ComponentPropsWithRef<'select'> {
  readonly options: readonly (readonly [value: string, words: string])[]
}

/** A labelled choice of few. */
export function Choice({ label, hint, error, options, className, ...select }: ChoiceProps): ReactNode {
  const id = useId()
  return (
    <div className={`field ${className ?? ''}`}>
      <label htmlFor={id}>{label}</label>
      <select {...select} id={id} aria-describedby={`${id}-hint`}>
        {options.map(([value, words]) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
      </select>
      <small id={`${id}-hint`} className={error ? 'wrong' : 'muted'}>
        {error ?? hint}
      </small>
    </div>
  )
}
