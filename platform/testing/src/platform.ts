import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import config from '@platform/projections'
import { createApp } from '@platform/query-service/app'
import { ReadModels } from '@platform/query-service/readModels'
import { runProjectors } from 'cornerman'
import { pino } from 'pino'
import { type Answer, answerOf } from './answer.ts'
import { type CommandSide, openCommandSide } from './commandSide.ts'
import { newDatabases, type Urls } from './databases.ts'
import { until } from './waits.ts'

/** The whole platform in this process: command service, projectors, query service. */
export interface Platform {
  readonly urls: Urls
  readonly command: CommandSide
  readonly models: ReadModels
  readonly query: NestFastifyApplication
  get(url: string, headers?: Record<string, string>): Promise<Answer>
  /** The answer of a query that must be answered, once it reflects the position. */
  read<T>(url: string, after?: number): Promise<T>
  close(): Promise<void>
}

export interface PlatformOptions {
  /** The URL of another server than the run's. */
  server?: string
  /** Runs before the projectors do: what it writes is in the read models from their first build on. */
  before?: (command: CommandSide) => Promise<unknown>
}

export const cursorSecret = 'a secret of tests alone'

export async function openPlatform({ server, before }: PlatformOptions = {}): Promise<Platform> {
  const urls = await newDatabases(server)
  const command = await openCommandSide(urls)
  await before?.(command)
  const stop = new AbortController()
  const projectors = runProjectors({
    config,
    env: { DATABASE_URL: urls.projectorWrite, READ_DATABASE_URL: urls.projectorRead },
    logger: pino({ level: 'silent' }),
    signal: stop.signal,
  })
  const models = new ReadModels(urls.query)
  const query = await createApp(models, cursorSecret, pino({ level: 'silent' }))
  await query.init()
  await query.getHttpAdapter().getInstance().ready()
  const get: Platform['get'] = async (url, headers = {}) =>
    answerOf(await query.inject({ method: 'GET', url, headers }))
  const platform: Platform = {
    urls,
    command,
    models,
    query,
    get,
    async read<T>(url: string, after?: number) {
      const at = after === undefined ? url : `${url}${url.includes('?') ? '&' : '?'}after=${after}`
      const answer = await get(at)
      if (answer.status !== 200) throw new Error(`GET ${at} was not answered: ${answer.status} ${answer.text}`)
      const { meta } = answer.body as { meta: { after?: { reached: boolean } } }
      if (meta.after?.reached === false) throw new Error(`GET ${at} does not reflect the position: ${answer.text}`)
      return answer.body as T
    },
    async close() {
      stop.abort(new Error('the test is over'))
      await projectors
      await query.close()
      await models.close()
      await command.close()
    },
  }
  await until('the read models are built', async () => (await get('/readyz')).status === 200)
  return platform
}
