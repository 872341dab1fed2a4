import type { SessionState } from '@exeunt/client'
import { ProtectedRoute, useSession } from '@exeunt/react'
import { lazy, Suspense, useEffect, useRef, useState, type ReactNode } from 'react'
import { DevicesPage } from './account/devices.js'
import { PasswordPage } from './account/password.js'
import { RegisterPage } from './account/register.js'
import { SignInPage } from './account/sign-in.js'
import { entered, exeunt } from './exeunt.js'
import { base, match, useRouter } from './router.js'
import { settings } from './settings.js'
import { Shell } from './shell.js'
import { NoSuchPage } from './ui/parts.js'

const Admin = lazy(() => import('./admin/admin.js'))

/** Which page belongs to the address, and to the person. */
export function App(): ReactNode {
  const { path } = useRouter()
  const session = useSession()
  const isLeaving = useIsLeaving(session)
  useFocusOnNewPage(path)
  if (isLeaving) return <Waiting>Signing out…</Waiting>
  if (path === '/register' && session.status === 'signed-out' && settings.registration !== 'closed')
    return <RegisterPage />
  return (
    <ProtectedRoute
      signedOut={<SignInPage />}
      loading={(unreachable) => (
        <Waiting>{unreachable ? 'The server does not answer. Trying again…' : 'One moment…'}</Waiting>
      )}
    >
      <Shell>
        <Inside />
      </Shell>
    </ProtectedRoute>
  )
}

function Inside(): ReactNode {
  const { path, go } = useRouter()
  const session = useSession()
  const isAdmin = session.status === 'signed-in' && session.user.roles.includes('admin')
  const home = isAdmin ? '/overview' : '/devices'
  const isElsewhere = path === '/' || path === '/sign-in' || path === '/register'
  useEffect(() => {
    if (isElsewhere) go(home, { replace: true })
  }, [isElsewhere, home, go])
  if (isElsewhere) return null
  if (match('/devices', path)) return <DevicesPage />
  if (match('/password', path)) return <PasswordPage />
  if (isAdmin)
    return (
      <Suspense fallback={<Waiting>One moment…</Waiting>}>
        <Admin />
      </Suspense>
    )
  return <NoSuchPage>There is no such page, or it is for administrators.</NoSuchPage>
}

function Waiting({ children }: { readonly children: string }): ReactNode {
  return (
    <div className="waiting" role="status">
      <span className="spinner" aria-hidden="true" />
      {children}
    </div>
  )
}

const longestLeave = 2000 // milliseconds: more than a logout waits for the server

// Whoever was signed in on this page is led to a fresh one, which remembers nothing: not its address either. Until then there is no form, which would lose what
// is typed into it. While the server cannot be told there is no fresh page to be had, as it would come from there; so this one goes on, with the form.
function useIsLeaving(session: SessionState): boolean {
  const { go } = useRouter()
  const { status } = session
  const [last, setLast] = useState({ status, wasIn: false, isLeaving: false })
  if (last.status !== status)
    setLast({ status, wasIn: last.wasIn || status === 'signed-in', isLeaving: status === 'signed-out' && last.wasIn })

  const { isLeaving } = last
  const isTold = status === 'signed-out' && !session.pending
  useEffect(() => {
    if (!isLeaving) return
    if (isTold) {
      void entered().then(() => {
        if (exeunt.state.status === 'signed-out') location.replace(`${base}/sign-in`)
      })
      return
    }

    const timer = setTimeout(
      () => {
        setLast({ status: 'signed-out', wasIn: false, isLeaving: false })
        go('/sign-in', { replace: true })
      },
      navigator.onLine ? longestLeave : 0,
    )
    return () => clearTimeout(timer)
  }, [isLeaving, isTold, go])
  return isLeaving
}

// After a link the focus would stay on what is gone; the new page's heading takes it, and screen readers say where they are.
function useFocusOnNewPage(path: string): void {
  const before = useRef(path)
  useEffect(() => {
    if (before.current !== path) document.getElementById('title')?.focus({ preventScroll: true })
    before.current = path
  }, [path])
}
