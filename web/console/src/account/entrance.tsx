import { useEffect, type ReactNode } from 'react'
import { settings } from '../settings.js'
import { Brand } from '../shell.js'

/** The frame of the pages for who is not signed in. */
export function Entrance({ title, children }: { readonly title: string; readonly children: ReactNode }): ReactNode {
  useEffect(() => {
    document.title = `${title} · Exeunt`
  }, [title])
  return (
    <main className="entrance">
      <div className="panel">
        <Brand />
        <h1 id="title" tabIndex={-1}>
          {title}
        </h1>
        {children}
      </div>
      <p className="muted">{hostOf(settings.issuer)}</p>
    </main>
  )
}

function hostOf(issuer: string): string {
  return URL.canParse(issuer) ? new URL(issuer).host : ''
}
