import { useState, type ReactNode } from 'react'
import { Button, type ButtonProps } from './button.js'
import { Dialog } from './dialog.js'
import { Field } from './field.js'

interface ConfirmProps {
  /** What the button says. */
  readonly children: ReactNode
  /** What it is called where its text alone would be ambiguous, as in a list. */
  readonly label?: string
  readonly kind?: ButtonProps['kind']
  readonly busy?: boolean
  readonly title: string
  /** What will happen, and what will not come back. */
  readonly explain: ReactNode
  readonly confirm: string
  /** A word that has to be typed first, for what hits many. */
  readonly typed?: string
  readonly onConfirm: () => void
}

/** A button that asks before it does harm. The harmless answer has the focus. */
export function Confirm({
  children,
  label,
  kind = 'harm',
  busy = false,
  onConfirm,
  ...asking
}: ConfirmProps): ReactNode {
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button kind={kind} busy={busy} aria-label={label} aria-haspopup="dialog" onClick={() => setOpen(true)}>
        {children}
      </Button>
      {open && (
        <Asking
          {...asking}
          onClose={() => setOpen(false)}
          onConfirm={() => {
            setOpen(false)
            onConfirm()
          }}
        />
      )}
    </>
  )
}

type AskingProps = Pick<ConfirmProps, 'title' | 'explain' | 'confirm' | 'typed' | 'onConfirm'> & {
  readonly onClose: () => void
}

function Asking({ title, explain, confirm, typed, onClose, onConfirm }: AskingProps): ReactNode {
  const [word, setWord] = useState('')
  const ready = typed === undefined || word.trim().toLowerCase() === typed.toLowerCase()
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (ready) onConfirm()
        }}
      >
        <div className="explain">{explain}</div>
        {typed !== undefined && (
          <Field
            label={`Type “${typed}” to go on`}
            value={word}
            autoFocus
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            onChange={(event) => setWord(event.target.value)}
          />
        )}
        <div className="actions end">
          <Button autoFocus={typed === undefined} onClick={onClose}>
            Cancel
          </Button>
          <Button kind="danger" type="submit" off={!ready}>
            {confirm}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
