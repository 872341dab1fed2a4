import type { Device } from '@exeunt/client'
import { useDevices, useLogout } from '@exeunt/react'
import { useRef, type ReactNode } from 'react'
import { Link } from '../router.js'
import { Confirm } from '../ui/confirm.js'
import { Icon } from '../ui/icon.js'
import { useTell } from '../ui/news.js'
import { Ago, Badge, Card, Loaded, PageHead } from '../ui/parts.js'
import { addressInWords } from '../words/address.js'
import { deviceIcon } from '../words/devices.js'
import { count } from '../words/numbers.js'
import { History } from './history.js'

/** The person's own devices: what they are, and a way to end each. */
export function DevicesPage(): ReactNode {
  const { list, end, endOthers } = useDevices()
  const leave = useLogout()
  const leaveEverywhere = useLogout({ everywhere: true })
  const tell = useTell()
  const heading = useRef<HTMLDivElement>(null)
  const others = list.data?.filter((device) => !device.current).length ?? 0

  // The button that was pressed is gone by then.
  const ended = (text: string) => {
    tell.done(text)
    heading.current?.focus()
  }
  const endOne = (device: Device) => {
    if (device.current) leave.mutate()
    else end.mutate(device, { onSuccess: () => ended(`${device.device} is signed out.`), onError: tell.failed })
  }
  return (
    <>
      <PageHead
        title="My devices"
        lead={
          <>
            Where you are signed in. What you do not know, sign out, and then{' '}
            <Link to="/password">change your password</Link>.
          </>
        }
      >
        <Confirm
          kind="plain"
          busy={leaveEverywhere.isPending}
          title="Sign out on all devices?"
          explain="This one too: every device has to sign in again."
          confirm="Sign out everywhere"
          onConfirm={() => leaveEverywhere.mutate()}
        >
          Sign out everywhere
        </Confirm>
      </PageHead>
      <Card
        title={
          <span ref={heading} tabIndex={-1}>
            Signed in now
          </span>
        }
        actions={
          others > 0 && (
            <Confirm
              busy={endOthers.isPending}
              title="Sign out all other devices?"
              explain={`${count(others, 'other device')} will have to sign in again. This one stays.`}
              confirm="Sign out the others"
              onConfirm={() =>
                endOthers.mutate(undefined, {
                  onSuccess: (many) => ended(`${count(many, 'other device')} signed out.`),
                  onError: tell.failed,
                })
              }
            >
              Sign out the others
            </Confirm>
          )
        }
      >
        <Loaded of={list} what="Your devices">
          {(devices) => (
            <ul className="rows">
              {[...devices].sort(thisOneFirst).map((device) => (
                <DeviceRow
                  key={device.id}
                  device={device}
                  busy={end.isPending && end.variables.id === device.id}
                  onEnd={() => endOne(device)}
                />
              ))}
            </ul>
          )}
        </Loaded>
      </Card>
      <History since={list.dataUpdatedAt} />
    </>
  )
}

function thisOneFirst(a: Device, b: Device): number {
  return Number(b.current) - Number(a.current) || Date.parse(b.last_seen_at) - Date.parse(a.last_seen_at)
}

function DeviceRow({
  device,
  busy,
  onEnd,
}: {
  readonly device: Device
  readonly busy: boolean
  readonly onEnd: () => void
}): ReactNode {
  return (
    <li>
      <span className="sign">
        <Icon name={deviceIcon(device.device)} />
      </span>
      <div>
        <strong>{device.device}</strong> {device.current && <Badge tone="accent">This device</Badge>}
        <p className="muted">{addressInWords(device.address)}</p>
        <p className="muted">
          Signed in <Ago at={device.created_at} />, last seen <Ago at={device.last_seen_at} />
        </p>
      </div>
      <Confirm
        kind="plain"
        busy={busy}
        label={device.current ? 'Sign out this device' : `Sign out ${device.device}`}
        title={device.current ? 'Sign out here?' : `Sign out ${device.device}?`}
        explain={
          device.current
            ? 'You will have to sign in again on this device.'
            : 'It will have to sign in again. What it is doing stops at once.'
        }
        confirm="Sign out"
        onConfirm={onEnd}
      >
        Sign out
      </Confirm>
    </li>
  )
}
