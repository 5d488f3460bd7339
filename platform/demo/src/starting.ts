import { Refused } from './command.ts'
import { step, warn } from './output.ts'
import { type Platform, type PlatformOptions, startPlatform } from './platform.ts'

/** Starts the platform and tells how it goes; when it does not, what to try. */
export async function startOrRefuse(options: PlatformOptions): Promise<Platform> {
  try {
    return await startPlatform({
      onStep: step,
      onEnd: (name, how) => warn(`${name} has ended (${how}); it is started again`),
      ...options,
    })
  } catch (error) {
    throw new Refused(
      `the platform does not start: ${(error as Error).message}`,
      `read the logs in ${options.folders.logs}, or drop all data: npm run demo -- --reset`,
    )
  }
}
