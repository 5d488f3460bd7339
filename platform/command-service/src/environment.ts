import { parseEnvironment, serviceEnvironment } from '@platform/http'
import { z } from 'zod'

export const environment = (env: NodeJS.ProcessEnv) =>
  parseEnvironment(
    {
      ...serviceEnvironment,
      PORT: serviceEnvironment.PORT.default(3001),
      DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL of the write database' }),
    },
    env,
  )
