import type { IconName } from '../ui/icon.js'

/** The drawing for a device that the server or the person has named in words. */
export function deviceIcon(words: string): IconName {
  if (/iphone|android|phone|mobile|ipad|tablet/i.test(words)) return 'phone'
  return /curl|cli|script|unknown|app\b/i.test(words) ? 'program' : 'device'
}
