import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { createApp } from './app.ts'
import { environment } from './environment.ts'

const { QUERY_URL, PORT, HOST, LOG_LEVEL } = environment(process.env)
const logger = pino({ level: LOG_LEVEL, base: { service: 'web' } })
const page = join(import.meta.dirname, '..', 'page')
if (!existsSync(join(page, 'index.html')))
  throw new Error(`the page is not built: there is no ${page}; npm run build makes it`)
const app = await createApp({ page, queryUrl: QUERY_URL, logger })
await app.listen({ port: PORT, host: HOST })
logger.info({ port: PORT }, 'the rankings page is served')

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void Promise.resolve(app.close()).catch((error: unknown) =>
      logger.error({ err: error }, 'the web server did not close cleanly'),
    )
  })
}
