import { useSession } from '@exeunt/react'
import { useMutation } from '@tanstack/react-query'
import { createContext, useCallback, useContext, useState, type ReactNode } from 'react'
import { failureInWords } from '../account/sign-in.js'
import { ApiError } from '../api.js'
import { signInAgain } from '../exeunt.js'
import { Button } from '../ui/button.js'
import { Dialog } from '../ui/dialog.js'
import { Field } from '../ui/field.js'
import { useTell } from '../ui/news.js'

const StepUpContext = createContext<(failure: unknown) => void>(() => undefined)

/** What to do with a failure of something that needs a fresh sign-in: ask for it, or tell what else went wrong. */
export function useStepUp(): (failure: unknown) => void {
  const ask = useContext(StepUpContext)
  const tell = useTell()
  return useCallback(
    (failure) => {
      if (failure instanceof ApiError && failure.kind === 'step-up-required') ask(failure)
      else tell.failed(failure)
    },
    [ask, tell],
  )
}

/** Stands around everything that a session protects: signing in again replaces the session, and what is inside is built anew. */
export function StepUpProvider({ children }: { readonly children: ReactNode }): ReactNode {
  const session = useSession()
  const [email, setEmail] = useState<string>()
  const ask = useCallback(() => {
    if (session.status === 'signed-in') setEmail(session.user.email ?? '')
  }, [session])
  return (
    <StepUpContext.Provider value={ask}>
      {children}
      {email !== undefined && <SignInAgain email={email} onClose={() => setEmail(undefined)} />}
    </StepUpContext.Provider>
  )
}

function SignInAgain({ email, onClose }: { readonly email: string; readonly onClose: () => void }): ReactNode {
  const tell = useTell()
  const [password, setPassword] = useState('')
  const signIn = useMutation({
    mutationFn: () => signInAgain({ email, password }),
    onSuccess: () => {
      onClose()
      tell.done('Signed in again. Nothing was changed yet: repeat what you wanted to do.')
    },
    onError: () => setPassword(''),
  })
  return (
    <Dialog title="Sign in again first" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (!signIn.isPending) signIn.mutate()
        }}
      >
        <p>
          This needs a sign-in of the last minutes, so that no browser that was left open can do it. Your session here
          is replaced by a new one.
        </p>
        <input type="email" name="email" autoComplete="username" value={email} readOnly aria-label="E-mail address" />
        <Field
          label="Password"
          type="password"
          autoComplete="current-password"
          required
          autoFocus
          value={password}
          error={signIn.isError ? failureInWords(signIn.error) : undefined}
          onChange={(event) => setPassword(event.target.value)}
        />
        <div className="actions end">
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" busy={signIn.isPending}>
            Sign in
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
