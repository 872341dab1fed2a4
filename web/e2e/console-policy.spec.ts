import { expect, test } from './support/console.js'

/** What the console's page may do, and what may be done with it. */

test('The console forbids scripts, frames and requests that are not its own, and says when one is tried', async ({
  server,
  openConsole,
  wrongs,
}) => {
  const page = await openConsole()
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  expect(wrongs).toEqual([])

  await page.evaluate(() => {
    const attempt = <Tag extends keyof HTMLElementTagNameMap>(
      tag: Tag,
      make: (one: HTMLElementTagNameMap[Tag]) => void,
    ) => {
      const one = document.createElement(tag)
      make(one)
      document.body.append(one)
    }
    attempt('img', (image) => (image.src = 'https://elsewhere.example/pixel.png'))
    attempt('iframe', (frame) => (frame.src = 'https://elsewhere.example/'))
    attempt('style', (style) => style.append('body { color: red }'))
    void fetch('https://elsewhere.example/').catch(() => undefined)
  })
  expect(
    await page.evaluate(() => {
      try {
        document.body.innerHTML = '<b>text that becomes markup</b>'
        return 'let through'
      } catch (failure) {
        return (failure as Error).name
      }
    }),
  ).toBe('TypeError')

  const directives = () => wrongs.flatMap((one) => /^violated (\S+):/.exec(one)?.[1] ?? []).sort()
  await expect
    .poll(directives)
    .toEqual(['connect-src', 'frame-src', 'img-src', 'require-trusted-types-for', 'style-src-elem'])
  wrongs.length = 0 // they were wanted

  const around = await page.context().newPage()
  await around.route('http://frame.example/', (route) =>
    route.fulfill({ contentType: 'text/html', body: `<iframe src="${server.address}/console"></iframe>` }),
  )
  await around.goto('http://frame.example/')
  await expect.poll(() => around.frames()[1]?.url()).toBe('chrome-error://chromewebdata/')
  wrongs.length = 0 // the page around it is none of the console's
})

test('All that the console loads comes from its own server, and its assets are kept and its page is not', async ({
  openConsole,
}) => {
  const page = await openConsole()
  const answers: { path: string; type: string; caching: string }[] = []
  page.on('response', (answer) => {
    const headers = answer.headers()
    answers.push({
      path: new URL(answer.url()).pathname,
      type: headers['content-type'] ?? '',
      caching: headers['cache-control'] ?? '',
    })
  })
  await page.reload()
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()

  expect(answers.length).toBeGreaterThanOrEqual(3)
  for (const { path, type, caching } of answers)
    expect([path, type, caching]).toEqual(
      path.startsWith('/console/assets/')
        ? [path, expect.stringMatching(/javascript|css|svg/), 'public, max-age=31536000, immutable']
        : [path, expect.stringContaining('text/html'), expect.stringContaining('no-store')],
    )
})
