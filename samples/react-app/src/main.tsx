import { createExeunt } from '@exeunt/client'
import { ExeuntProvider } from '@exeunt/react'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { createRoot } from 'react-dom/client'
import { Account } from './account.js'
import { Home } from './home.js'

const queries = new QueryClient()
Object.assign(window, { __TANSTACK_QUERY_CLIENT__: queries }) // where TanStack's devtools extension looks for it

const exeunt = createExeunt({
  afterLogout: '/',
  // This origin is the app's own, so whatever is kept here is about the person.
  forget: { localStorage: 'all', sessionStorage: 'all', indexedDB: 'all', caches: 'all' },
  rotationWindow: Number(import.meta.env.VITE_ROTATION_WINDOW ?? 30_000), // the server's Sessions:RotationWindow
})

createRoot(document.getElementById('app')!).render(
  <QueryClientProvider client={queries}>
    <ExeuntProvider client={exeunt}>
      <main>{location.pathname === '/account' ? <Account /> : <Home />}</main>
    </ExeuntProvider>
  </QueryClientProvider>,
)
