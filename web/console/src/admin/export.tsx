import { useEffect, useRef, useState, type ReactNode } from 'react'
import { send } from '../api.js'
import { useRouter } from '../router.js'
import { Button } from '../ui/button.js'
import { Icon } from '../ui/icon.js'
import { useTell } from '../ui/news.js'
import { auditQuery, withoutCursor } from '../words/filters.js'
import { bytes } from '../words/numbers.js'

/** Takes the entries that the filters leave out of the server, as a file. */
export function Export(): ReactNode {
  const { query } = useRouter()
  const tell = useTell()
  const [loaded, setLoaded] = useState<number>()
  const running = useRef<AbortController>(undefined)
  useEffect(() => () => running.current?.abort(), [])

  const run = async (format: 'csv' | 'jsonl') => {
    const control = (running.current = new AbortController())
    setLoaded(0)
    try {
      const filters = auditQuery(withoutCursor(query))
      const response = await send(
        'GET',
        `/admin/audit/export${filters || '?'}${filters ? '&' : ''}format=${format}`,
        undefined,
        control.signal,
      )
      const counted = response.body?.pipeThrough(counting(setLoaded))
      save(await new Response(counted).blob(), `audit.${format}`)
      tell.done('The export is in your downloads. That it was taken is recorded.')
    } catch (failure) {
      if (!control.signal.aborted) tell.failed(failure)
    } finally {
      setLoaded(undefined)
    }
  }

  if (loaded !== undefined)
    return (
      <div className="progress">
        <progress aria-label="Exporting" />
        <span className="muted">{bytes(loaded)}</span>
        <Button onClick={() => running.current?.abort()}>Stop</Button>
      </div>
    )
  return (
    <div className="actions exports">
      <span className="muted">Export what fits:</span>
      <Button onClick={() => void run('csv')}>
        <Icon name="download" /> CSV
      </Button>
      <Button onClick={() => void run('jsonl')}>
        <Icon name="download" /> JSONL, verifiable
      </Button>
    </div>
  )
}

function counting(tell: (bytes: number) => void): TransformStream<Uint8Array, Uint8Array> {
  let sum = 0
  return new TransformStream({
    transform(chunk, controller) {
      tell((sum += chunk.length))
      controller.enqueue(chunk)
    },
  })
}

function save(content: Blob, name: string): void {
  const url = URL.createObjectURL(content)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 60_000) // the browser has begun to save it by then
}
