import 'reflect-metadata'
import { pino } from 'pino'
import { createApp } from './app.ts'
import { environment } from './environment.ts'
import { openDatabase } from './database/database.ts'
import { purgeIdempotencyKeys } from './http/idempotency.ts'

const { DATABASE_URL, PORT, LOG_LEVEL, HOST } = environment(process.env)
const logger = pino({ level: LOG_LEVEL, base: { service: 'command-service' } })
const db = openDatabase(DATABASE_URL)
const app = await createApp(db, logger)
await app.listen(PORT, HOST)
logger.info({ port: PORT }, 'the command service takes commands')

const hour = 3_600_000
const purge = setInterval(
  () =>
    void purgeIdempotencyKeys(db).catch((error: unknown) =>
      logger.warn({ err: error }, 'old idempotency keys stay for now'),
    ),
  hour,
)

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    clearInterval(purge)
    void app
      .close()
      .then(() => db.destroy())
      .catch((error: unknown) => logger.error({ err: error }, 'the command service did not close cleanly'))
  })
}
