import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import { open, readFile, rename, rm, stat } from 'node:fs/promises'
import { setImmediate } from 'node:timers/promises'
import type { Ending } from './revocations/revocation.js'
import { isObject, parseObject, type Json } from './strict-json.js'

const magic = 'exeunt express guard 1\n'
const macBytes = 32
const mostBytes = 1024 * 1024 * 1024
const linesAtOnce = 2000

/** A whole file: the first line, and the endings behind it. */
export interface Snapshot {
  readonly head: Json
  readonly endings: Iterable<Ending>
}

/**
 * The file of a guard: a head and a line for each ending. A MAC under a key that is derived from the client's secret covers all of it, so nobody who can write
 * the file but does not know the secret can take an ending out of it.
 */
export class SnapshotFile {
  private readonly key: Buffer

  constructor(
    readonly path: string,
    secret: string,
  ) {
    this.key = Buffer.from(hkdfSync('sha256', secret, '', 'exeunt express guard file 1', 32))
  }

  /** Writes everything; a crash leaves the old file or the new one. Readable by its owner alone. */
  async write({ head, endings }: Snapshot): Promise<void> {
    const mac = createHmac('sha256', this.key)
    await rm(`${this.path}.new`, { force: true }) // what a crash has left, or somebody has put there: a link would be followed
    const file = await open(`${this.path}.new`, 'wx', 0o600)
    try {
      const write = async (text: string) => {
        const bytes = Buffer.from(text)
        mac.update(bytes)
        await file.writeFile(bytes)
      }

      await write(`${magic}${JSON.stringify(head)}\n`)
      let lines: string[] = []
      for (const ending of endings) {
        if (lines.push(JSON.stringify(ending)) < linesAtOnce) continue
        await write(`${lines.join('\n')}\n`) // requests are answered meanwhile
        lines = []
      }

      if (lines.length > 0) await write(`${lines.join('\n')}\n`)
      await file.writeFile(mac.digest())
      await file.sync()
    } finally {
      await file.close()
    }

    await rename(`${this.path}.new`, this.path)
  }

  /**
   * Reads it, and gives each ending to `take`. Nothing is given before all of it is known to be ours.
   * @returns The head; `none` when there is no file, `damaged` when it is not to be trusted.
   */
  async read(take: (ending: Ending) => void): Promise<Json | 'none' | 'damaged'> {
    const size = await stat(this.path).then(
      (found) => found.size,
      () => undefined,
    )
    if (size === undefined) return 'none'
    if (size > mostBytes || size < magic.length + macBytes) return 'damaged'

    const bytes = await readFile(this.path)
    const body = bytes.subarray(0, -macBytes)
    if (!timingSafeEqual(createHmac('sha256', this.key).update(body).digest(), bytes.subarray(-macBytes)))
      return 'damaged'
    if (!body.subarray(0, magic.length).equals(Buffer.from(magic))) return 'damaged'

    let head: Json | undefined
    let start = magic.length
    for (let line = 0; start < body.length; line++) {
      const end = body.indexOf('\n', start)
      if (end < 0) return 'damaged'
      const text = body.toString('utf8', start, end)
      start = end + 1
      if (line === 0) head = parseObject(text)
      else take(JSON.parse(text) as Ending) // ours, as the MAC says
      if (line % linesAtOnce === 0) await setImmediate()
    }

    return isObject(head) ? head : 'damaged'
  }
}
