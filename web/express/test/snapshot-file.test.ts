import { lstat, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { heartbeat, sessionId, told } from './support/endings.js'
import { useWorld } from './support/world.js'

const stream = 'GET /api/v1/revocations/stream'
const world = useWorld()

describe('The snapshot file', () => {
  const path = () => join(world.folder, 'guard')

  async function leaveOneBehind(): Promise<{ ended: string; alive: string }> {
    const api = await world.startFresh({ snapshotFile: path() })
    const [ended, alive] = [
      await world.issuer.sign(world.clock.now()),
      await world.issuer.sign(world.clock.now(), { sid: sessionId(2) }),
    ]
    world.server.tell(told('e', 2, 1, sessionId(1)), heartbeat('e:2', world.clock.now()))
    await api.becomes(401, '/', ended)
    await api.guard.stop()
    return { ended, alive }
  }

  test('P10 lets a guard enforce at once, with the age of the save, while the server is away', async () => {
    const { ended, alive } = await leaveOneBehind()
    expect((await stat(path())).mode & 0o777).toBe(0o600)
    await world.server.stop()
    world.clock.advance(50_000)

    const api = await world.start({ snapshotFile: path() }) // keys are in the file, too

    expect([await api.status('/', ended), await api.status('/', alive)]).toEqual([401, 200])
    expect(api.guard.age).toBe(50_000)
    world.clock.advance(10_001)
    expect([await api.status('/', ended), await api.status('/', alive)]).toEqual([401, 503])
  })

  test('is not written through a link that somebody has put there', async () => {
    const victim = join(world.folder, 'victim')
    await writeFile(victim, 'precious')
    await symlink(victim, `${path()}.new`)

    await leaveOneBehind()

    expect(await readFile(victim, 'utf8')).toBe('precious')
    expect((await lstat(path())).isFile()).toBe(true)
  })

  test('P10 lets a guard resume from its place', async () => {
    await leaveOneBehind()
    world.server.greeting = [heartbeat('e:2', world.clock.now())]
    await world.start({ snapshotFile: path() })
    await world.server.until(() => world.server.times(stream) === 2)
    expect(world.server.asked.filter((one) => one.startsWith(stream))).toEqual([stream, `${stream} e:2`])
  })

  test('A clock that was set back makes it stale', async () => {
    const { ended, alive } = await leaveOneBehind()
    await world.server.stop()
    world.clock.advance(-1)
    const api = await world.start({ snapshotFile: path() })
    expect([await api.status('/', ended), await api.status('/', alive), api.guard.age]).toEqual([401, 503, Infinity])
  })

  test.each([
    ['one bit', (bytes: Buffer) => bytes.fill((bytes[40] ?? 0) ^ 1, 40, 41)],
    ['its end', (bytes: Buffer) => bytes.subarray(0, -1)],
    ['all but its end', (bytes: Buffer) => bytes.subarray(60)],
    ['everything', () => Buffer.alloc(0)],
  ])('P10 that lost %s is noticed and not trusted', async (_, damage) => {
    const { ended } = await leaveOneBehind()
    await world.server.stop()
    await writeFile(path(), damage(await readFile(path())))
    const api = await world.start({ snapshotFile: path() })
    expect([await api.status('/', ended), api.guard.revocations]).toEqual([503, 0])
    expect(api.lines.join()).toContain('is not trusted')
  })

  test.each([{ clientSecret: 'exs_other' }, { issuer: 'https://other.example.com' }])(
    'of another guard is not trusted: %j',
    async (other) => {
      await leaveOneBehind()
      await world.server.stop()
      const api = await world.start({ snapshotFile: path(), ...other })
      expect([api.guard.age, api.lines.join().includes('is not trusted')]).toEqual([Infinity, true])
    },
  )
})
