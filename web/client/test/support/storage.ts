/** Hears of every change. */
export type Written = (key: string, value: string | null, old: string | null) => void

/** A Storage that, like a browser's, has its items as own properties. */
export function createStorage(written: Written = () => undefined): Storage {
  const items = new Map<string, string>()
  const methods = {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => {
      const old = methods.getItem(key)
      items.set(key, value)
      written(key, value, old)
    },
    removeItem: (key: string) => {
      const old = methods.getItem(key)
      if (items.delete(key)) written(key, null, old)
    },
    clear: () => items.clear(),
    key: (at: number) => [...items.keys()][at] ?? null,
  }
  return new Proxy(methods as unknown as Storage, {
    get: (target, name) =>
      name === 'length' ? items.size : (items.get(String(name)) ?? (Reflect.get(target, name) as unknown)),
    ownKeys: () => [...items.keys()],
    getOwnPropertyDescriptor: (_, name) =>
      typeof name === 'string' && items.has(name)
        ? { value: items.get(name), enumerable: true, configurable: true, writable: true }
        : undefined,
  })
}
