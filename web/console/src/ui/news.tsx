import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from 'react'
import { Button } from './button.js'
import { Icon } from './icon.js'

interface News {
  readonly id: number
  readonly text: string
  readonly bad: boolean
}

interface Tell {
  /** Something was done. Goes away by itself. */
  readonly done: (text: string) => void
  /** Something failed. Stays until it is closed. */
  readonly failed: (failure: unknown) => void
}

const shownFor = 8000 // milliseconds

const NewsContext = createContext<Tell>({ done: () => undefined, failed: () => undefined })

/** How to tell people what came of what they did. */
export function useTell(): Tell {
  return useContext(NewsContext)
}

/** The words of a failure. */
export function wordsOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : 'That did not work. Try again.'
}

export function NewsProvider({ children }: { readonly children: ReactNode }): ReactNode {
  const [news, setNews] = useState<News | undefined>()
  const tell = useMemo<Tell>(
    () => ({
      done: (text) => setNews((before) => ({ id: (before?.id ?? 0) + 1, text, bad: false })),
      failed: (failure) => setNews((before) => ({ id: (before?.id ?? 0) + 1, text: wordsOf(failure), bad: true })),
    }),
    [],
  )
  const close = useCallback(() => setNews(undefined), [])
  useEffect(() => {
    if (!news || news.bad) return
    const timer = setTimeout(close, shownFor)
    return () => clearTimeout(timer)
  }, [news, close])
  return (
    <NewsContext.Provider value={tell}>
      {children}
      {/* In the page from the start, so that screen readers announce what appears in them. */}
      <div className="news">
        <div role="status">{news && !news.bad && <Toast {...{ news, close }} />}</div>
        <div role="alert">{news?.bad && <Toast {...{ news, close }} />}</div>
      </div>
    </NewsContext.Provider>
  )
}

function Toast({ news, close }: { readonly news: News; readonly close: () => void }): ReactNode {
  return (
    <p key={news.id} className={news.bad ? 'toast bad' : 'toast'}>
      <Icon name={news.bad ? 'warning' : 'check'} />
      <span>{news.text}</span>
      <Button kind="quiet" aria-label="Close this message" onClick={close}>
        <Icon name="close" />
      </Button>
    </p>
  )
}
