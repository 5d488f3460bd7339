import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import chromium from '@sparticuz/chromium'
import { type Browser, type BrowserContextOptions, chromium as playwright, type Page } from 'playwright-core'

const require = createRequire(import.meta.url)
const cache = join(import.meta.dirname, '..', '.cache')

/** The Chromium that npm has installed; with its own switches it would be a single process without any same-origin policy. */
export async function launchBrowser(): Promise<Browser> {
  return playwright.launch({
    executablePath: await unpackedChromium(),
    args: ['--no-sandbox', '--disable-gpu'],
    headless: true,
  })
}

/**
 * The package unpacks into the folder for temporary files and takes whatever lies there for its own: half a file of a run that was
 * killed, or one that belongs to another user. So it is given a folder, which gets its name when it is whole.
 */
async function unpackedChromium(): Promise<string> {
  const manifest = join(dirname(require.resolve('@sparticuz/chromium')), '..', 'package.json')
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }
  const folder = join(cache, `chromium-${version}`)
  if (!existsSync(folder)) {
    mkdirSync(cache, { recursive: true })
    const unpacking = mkdtempSync(`${folder}-`)
    const { TMPDIR } = process.env
    process.env['TMPDIR'] = unpacking
    try {
      await chromium.executablePath()
      renameSync(unpacking, folder)
    } finally {
      if (TMPDIR === undefined) delete process.env['TMPDIR']
      else process.env['TMPDIR'] = TMPDIR
      rmSync(unpacking, { recursive: true, force: true })
    }
  }
  return join(folder, 'chromium')
}

export interface Visit {
  page: Page
  /** What the page has complained about: broken policies, exceptions, failed loads. */
  complaints: string[]
  end(): Promise<void>
}

export async function visit(browser: Browser, address: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'en-GB', ...options })
  context.setDefaultTimeout(30_000)
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(address)
  return { page, complaints, end: () => context.close() }
}

interface AxeResults {
  violations: { id: string; impact: string | null; nodes: { target: string[]; failureSummary?: string }[] }[]
}

const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8')

/** What axe finds serious or critical, with the places. */
export async function seriousFindings(page: Page): Promise<string[]> {
  await page.evaluate(axe)
  // While something fades in, its colours are not those that it will have.
  await page.evaluate(() => {
    const passing = document.getAnimations().filter((each) => each.effect?.getComputedTiming().iterations !== Infinity)
    return Promise.allSettled(passing.map((animation) => animation.finished))
  })
  const { violations } = (await page.evaluate('axe.run()')) as AxeResults
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`),
    )
}

/** By how much the page is wider than the window. */
export const sidewaysScroll = (page: Page): Promise<number> =>
  page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth))
