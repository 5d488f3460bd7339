import { randomBytes } from 'node:crypto'
import { parseEnvironment, serviceEnvironment } from '@platform/http'
import { z } from 'zod'

export const environment = (env: NodeJS.ProcessEnv) =>
  parseEnvironment(
    {
      ...serviceEnvironment,
      PORT: serviceEnvironment.PORT.default(3002),
      READ_DATABASE_URL: z.url({
        protocol: /^postgres(ql)?$/,
        error: 'must be a postgres:// URL of the read database',
      }),
      /** Signs the cursors of pages. With several processes give all the same; without one, cursors end with the process. */
      CURSOR_SECRET: z
        .string()
        .min(16, 'must have at least 16 characters')
        .default(() => randomBytes(32).toString('hex')),
    },
    env,
  )
