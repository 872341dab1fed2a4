'use client'

import type { Device } from '@exeunt/client'
import { useId, useRef, useState, type ReactNode } from 'react'
import { ConfirmButton } from './confirm-button.js'
import { DeviceRow } from './device-row.js'
import { englishTexts, type DeviceTexts } from './device-texts.js'
import { useDevices } from './use-devices.js'

export interface DeviceListProps {
  /** Words of your own, all or some. Default English. */
  readonly texts?: Partial<DeviceTexts>
  /** For dates; default the browser's. */
  readonly locale?: string
  readonly className?: string
}

/** The person's devices: what they are, since when, which is this one; each of the others, or all of them, can be signed out. */
export function DeviceList({ texts, locale, className }: DeviceListProps): ReactNode {
  const words = { ...englishTexts, ...texts }
  const { list, end, endOthers } = useDevices()
  const [news, setNews] = useState('')
  const heading = useRef<HTMLHeadingElement>(null)
  const id = useId()

  const tell = (text: string) => {
    setNews(text)
    heading.current?.focus() // the button that was pressed is about to go
  }
  const endOne = (device: Device) =>
    end.mutate(device, { onSuccess: () => tell(words.ended(device.device)), onError: () => setNews(words.endFailed) })
  const endAll = () =>
    endOthers.mutate(undefined, {
      onSuccess: (count) => tell(words.othersEnded(count)),
      onError: () => setNews(words.endFailed),
    })

  const devices = [...(list.data ?? [])].sort(thisOneFirstThenLatest)
  const others = devices.filter((device) => !device.current).length
  return (
    <section aria-labelledby={id} aria-busy={list.isPending} className={className}>
      <h2 id={id} ref={heading} tabIndex={-1}>
        {words.heading}
      </h2>
      <p role="status">{list.isPending ? words.loading : news}</p>
      {list.isError && (
        <p role="alert">
          {words.failed}{' '}
          <button type="button" onClick={() => void list.refetch()}>
            {words.again}
          </button>
        </p>
      )}
      {devices.length > 0 && (
        <ul>
          {devices.map((device) => (
            <DeviceRow
              key={device.id}
              {...{ device, words, locale }}
              busy={end.isPending && end.variables.id === device.id}
              onEnd={() => endOne(device)}
            />
          ))}
        </ul>
      )}
      {list.isSuccess && others === 0 && <p>{words.noOthers}</p>}
      {others > 0 && (
        <ConfirmButton
          question={words.othersQuestion}
          confirm={words.confirm}
          cancel={words.cancel}
          busy={endOthers.isPending}
          onConfirm={endAll}
        >
          {words.endOthers}
        </ConfirmButton>
      )}
    </section>
  )
}

function thisOneFirstThenLatest(a: Device, b: Device): number {
  return Number(b.current) - Number(a.current) || Date.parse(b.last_seen_at) - Date.parse(a.last_seen_at)
}
