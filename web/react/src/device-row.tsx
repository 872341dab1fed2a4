'use client'

import type { Device } from '@exeunt/client'
import type { ReactNode } from 'react'
import { ConfirmButton } from './confirm-button.js'
import type { DeviceTexts } from './device-texts.js'

interface DeviceRowProps {
  readonly device: Device
  readonly words: DeviceTexts
  readonly locale: string | undefined
  readonly busy: boolean
  readonly onEnd: () => void
}

export function DeviceRow({ device, words, locale, busy, onEnd }: DeviceRowProps): ReactNode {
  const moment = (iso: string) => (
    <time dateTime={iso}>
      {new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(iso))}
    </time>
  )
  return (
    <li data-current={device.current || undefined}>
      <strong>{device.device}</strong>
      {device.current && <span> ({words.thisDevice})</span>}
      <span>
        {' '}
        {words.signedIn} {moment(device.created_at)}, {words.lastSeen} {moment(device.last_seen_at)}
        {device.address ? `, ${device.address}` : ''}
      </span>{' '}
      {!device.current && (
        <ConfirmButton
          label={words.endLabel(device.device)}
          question={words.endQuestion(device.device)}
          confirm={words.confirm}
          cancel={words.cancel}
          busy={busy}
          onConfirm={onEnd}
        >
          {words.end}
        </ConfirmButton>
      )}
    </li>
  )
}
