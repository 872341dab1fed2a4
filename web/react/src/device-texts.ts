/** Every word that `DeviceList` says. */
export interface DeviceTexts {
  readonly heading: string
  readonly loading: string
  readonly failed: string
  readonly again: string
  readonly thisDevice: string
  readonly signedIn: string
  readonly lastSeen: string
  readonly end: string
  readonly endLabel: (device: string) => string
  readonly endQuestion: (device: string) => string
  readonly ended: (device: string) => string
  readonly endOthers: string
  readonly othersQuestion: string
  readonly othersEnded: (count: number) => string
  readonly noOthers: string
  readonly confirm: string
  readonly cancel: string
  readonly endFailed: string
}

export const englishTexts: DeviceTexts = {
  heading: 'Where you are signed in',
  loading: 'Looking up your devices…',
  failed: 'Your devices could not be looked up.',
  again: 'Try again',
  thisDevice: 'This device',
  signedIn: 'Signed in',
  lastSeen: 'Last seen',
  end: 'Sign out',
  endLabel: (device) => `Sign out ${device}`,
  endQuestion: (device) => `Sign out ${device}?`,
  ended: (device) => `${device} is signed out.`,
  endOthers: 'Sign out all other devices',
  othersQuestion: 'Sign out all devices but this one?',
  othersEnded: (count) => (count === 1 ? 'One other device is signed out.' : `${count} other devices are signed out.`),
  noOthers: 'You are signed in on no other device.',
  confirm: 'Yes, sign out',
  cancel: 'Cancel',
  endFailed: 'That did not work. Nothing was ended; try again.',
}
