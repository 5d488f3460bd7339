import { rmSync } from 'node:fs'
import {
  caughtUp,
  cornerman,
  type Folders,
  type Platform,
  type PlatformOptions,
  seedIfEmpty,
  startPlatform,
  temporaryFolders,
} from '@platform/demo'
import { afterAll, afterEach } from 'vitest'

export interface TestPlatformOptions extends Pick<PlatformOptions, 'projectors' | 'web' | 'ports' | 'logLevel'> {
  /** `small`: 30 athletes in each of 14 divisions, 480 bouts of 40 weeks; `full`: as the demo's. Defaults to `small`. */
  seed?: 'none' | 'small' | 'full'
}

export interface TestPlatform extends Platform {
  readonly folders: Folders
  /** Waits until all read models reflect everything that is committed now. Returns up to which position. */
  caughtUp(): Promise<number>
  /** Runs the command line beside this platform's projections, as the projector's role. Returns what it prints. */
  cornerman(...args: string[]): Promise<string>
  /** The last lines of every service's log. */
  logs(): string
}

const seeds = { small: { athletesPerDivision: 30, weeks: 40, eventsPerWeek: 2, boutsPerEvent: 6 }, full: {} }
const anyPorts = { postgres: 0, command: 0, query: 0, web: 0 }
const running = new Set<TestPlatform>()

/** A platform of the test's own: free ports, data in a temporary folder, nothing left when it has stopped or the test was killed. */
export async function startTestPlatform({
  seed = 'small',
  ...options
}: TestPlatformOptions = {}): Promise<TestPlatform> {
  const folders = temporaryFolders()
  const removeFolder = () => rmSync(folders.base, { recursive: true, force: true })
  try {
    const platform = await startPlatform({
      web: false,
      ...options,
      ports: { ...anyPorts, ...options.ports },
      folders,
      beforeServices: async (urls) => {
        if (seed !== 'none') await seedIfEmpty(urls, seeds[seed])
      },
    })
    const test: TestPlatform = {
      ...platform,
      folders,
      caughtUp: () => caughtUp(platform.urls),
      cornerman: (...args) => cornerman(args, platform.projectorEnvironment),
      logs: () => logsOf(platform),
      stop: async () => {
        running.delete(test)
        await platform.stop()
        removeFolder()
      },
    }
    running.add(test)
    return test
  } catch (error) {
    removeFolder()
    throw error
  }
}

function logsOf({ command, query, projectors, web }: Platform): string {
  return [command, query, ...projectors, ...(web === undefined ? [] : [web])]
    .map((service) => `${service.name}:\n${service.lastLines(8)}`)
    .join('\n\n')
}

afterEach(({ task }) => {
  if (task.result?.state === 'fail') for (const platform of running) console.error(platform.logs())
})

afterAll(async () => {
  const left = [...running]
  for (const platform of left) await platform.stop()
  if (left.length > 0) throw new Error('a test has left its platform running: stop() it in afterAll')
})
