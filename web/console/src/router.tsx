import {
  createContext,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useState,
  type AnchorHTMLAttributes,
  type MouseEvent,
  type ReactNode,
} from 'react'

export const base = '/console'

/** Where the page is: the path below `/console` and the query. */
export interface Place {
  readonly path: string
  readonly query: URLSearchParams
}

interface Router extends Place {
  readonly go: (to: string, how?: { readonly replace?: boolean }) => void
}

const RouterContext = createContext<Router | undefined>(undefined)

/** Reads an address of the browser. */
export function placeOf(url: Pick<Location, 'pathname' | 'search'>): Place {
  const below = url.pathname.startsWith(base) ? url.pathname.slice(base.length) : ''
  return { path: below.replace(/\/+$/, '') || '/', query: new URLSearchParams(url.search) }
}

/** The parts of a path that fit a pattern such as `/people/:id`; undefined when it does not fit. */
export function match(pattern: string, path: string): Record<string, string> | undefined {
  const wanted = pattern.split('/')
  const given = path.split('/')
  if (wanted.length !== given.length) return undefined
  const parts: Record<string, string> = {}
  for (const [i, want] of wanted.entries()) {
    const part = given[i] ?? ''
    if (want.startsWith(':')) parts[want.slice(1)] = decodeURIComponent(part)
    else if (want !== part) return undefined
  }
  return parts
}

/** An address with some of its query changed; empty and undefined values leave it. */
export function withQuery({ path, query }: Place, changes: Readonly<Record<string, string | undefined>>): string {
  const next = new URLSearchParams(query)
  for (const [name, value] of Object.entries(changes)) {
    if (value) next.set(name, value)
    else next.delete(name)
  }
  const text = next.toString()
  return text ? `${path}?${text}` : path
}

export function RouterProvider({ children }: { readonly children: ReactNode }): ReactNode {
  const [place, setPlace] = useState(() => placeOf(location))
  useEffect(() => {
    const moved = () => setPlace(placeOf(location))
    addEventListener('popstate', moved)
    return () => removeEventListener('popstate', moved)
  }, [])
  const go = useCallback<Router['go']>((to, how) => {
    history[how?.replace ? 'replaceState' : 'pushState'](null, '', base + to)
    setPlace(placeOf(location))
    if (!how?.replace) scrollTo(0, 0)
  }, [])
  const router = useMemo(() => ({ ...place, go }), [place, go])
  return <RouterContext.Provider value={router}>{children}</RouterContext.Provider>
}

export function useRouter(): Router {
  const router = useContext(RouterContext)
  if (!router) throw new Error('There is no router here.')
  return router
}

interface LinkProps extends AnchorHTMLAttributes<HTMLAnchorElement> {
  /** Below `/console`. */
  readonly to: string
}

/** A link within the console. A real one: it can be opened in another tab, copied, and focused. */
export function Link({ to, onClick, ...rest }: LinkProps): ReactNode {
  const { go } = useRouter()
  return (
    <a
      {...rest}
      href={base + to}
      onClick={(event: MouseEvent<HTMLAnchorElement>) => {
        onClick?.(event)
        if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return
        event.preventDefault()
        go(to)
      }}
    />
  )
}
