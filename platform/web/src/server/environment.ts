import { parseEnvironment, serviceEnvironment } from '@platform/http'
import { z } from 'zod'

export const environment = (env: NodeJS.ProcessEnv) =>
  parseEnvironment(
    {
      ...serviceEnvironment,
      PORT: serviceEnvironment.PORT.default(3000),
      QUERY_URL: z.url({ protocol: /^https?$/, error: 'must be the http:// URL of the query service' }),
    },
    env,
  )
