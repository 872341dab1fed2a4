/** What an address honestly says about where a device is. Only the machine and the local network are certain; a place on a map would be a guess. */
export function addressInWords(address: string | undefined): string {
  if (!address) return 'address not kept'
  if (address === '::1' || address.startsWith('127.')) return `${address} (this server's own machine)`
  return isPrivate(address) ? `${address} (private network)` : address
}

function isPrivate(address: string): boolean {
  const [a = -1, b = -1] = address.split('.').map(Number)
  if (a === 10 || (a === 192 && b === 168) || (a === 172 && b >= 16 && b < 32)) return true
  return /^f[cd]|^fe[89ab]/i.test(address) && address.includes(':')
}
