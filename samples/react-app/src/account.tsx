import { DeviceList, LogoutButton, LogoutEverywhereButton, ProtectedRoute, useExeunt } from '@exeunt/react'
import { useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { Home } from './home.js'

/** The protected page. What must stay secret is refused by the API; here it is only not shown. */
export function Account() {
  return (
    <ProtectedRoute
      loading={(unreachable) => <p>{unreachable ? 'The server cannot be reached. Trying again…' : 'One moment…'}</p>}
      signedOut={<ToHome />}
    >
      <h1>Your account</h1>
      <Person />
      <DeviceList />
      <p>
        <a href="/">Home</a> <LogoutButton /> <LogoutEverywhereButton />
      </p>
    </ProtectedRoute>
  )
}

function Person() {
  const exeunt = useExeunt()
  const me = useQuery({
    queryKey: ['me'],
    queryFn: async () => (await (await exeunt.fetch('/api/v1/users/me')).json()) as { id: string; email: string },
  })
  return me.data ? <p>Signed in as {me.data.email}</p> : null
}

// A redirect as a router makes it: without asking the network, which may be away.
function ToHome() {
  useEffect(() => history.replaceState(null, '', '/'), [])
  return <Home />
}
