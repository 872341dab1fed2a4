// A SignalR hub as Microsoft's own client uses it. Reads { hub, transport, access, other, end } from stdin, writes what it saw to stdout.
//   node signalr.mjs hub
// It connects as both sessions, says something, has the other session end its own by DELETE of the address `end`, and waits for what becomes of the connections.
import { text } from 'node:stream/consumers'
import { HubConnectionBuilder, HttpTransportType, LogLevel } from '@microsoft/signalr'

const { hub, transport, access, other, end } = JSON.parse(await text(process.stdin))

if (HttpTransportType[transport] === undefined) throw new Error(`There is no transport ${transport}.`) // the client would choose one itself

const connect = async (token) => {
  const connection = new HubConnectionBuilder()
    .withUrl(hub, { accessTokenFactory: () => token, transport: HttpTransportType[transport], headers: { Authorization: `Bearer ${token}` } })
    .configureLogging(LogLevel.None)
    .build()
  await connection.start()
  return connection
}

const [mine, theirs] = [await connect(access), await connect(other)]
const heard = new Promise((resolve) => mine.on('said', (_, what) => resolve(what)))
await mine.invoke('Say', 'hello')
const closed = new Promise((resolve) => mine.onclose(() => resolve(true)))
const patience = new Promise((resolve) => setTimeout(resolve, 30_000, false).unref()) // shorter than a long poll, which ends by itself

const ended = (await fetch(end, { method: 'DELETE', headers: { Authorization: `Bearer ${other}` } })).status
const seen = { heard: await heard, ended, closed: await Promise.race([closed, patience]) }
await theirs.invoke('Say', 'still here')
seen.otherIsOpen = theirs.state === 'Connected'
seen.again = (await fetch(`${hub}/negotiate?negotiateVersion=1`, { method: 'POST', headers: { Authorization: `Bearer ${access}` } })).status
await theirs.stop()
process.stdout.write(JSON.stringify(seen))
