import 'reflect-metadata'
import { pino } from 'pino'
import { createApp } from './app.ts'
import { environment } from './environment.ts'
import { ReadModels } from './readModels.ts'

const { READ_DATABASE_URL, PORT, HOST, LOG_LEVEL, CURSOR_SECRET } = environment(process.env)
const logger = pino({ level: LOG_LEVEL, base: { service: 'query-service' } })
const models = new ReadModels(READ_DATABASE_URL)
const app = await createApp(models, CURSOR_SECRET, logger)
await app.listen(PORT, HOST)
logger.info({ port: PORT }, 'the query service answers')

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void app
      .close()
      .then(() => models.close())
      .catch((error: unknown) => logger.error({ err: error }, 'the query service did not close cleanly'))
  })
}
