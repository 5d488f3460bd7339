import { z } from 'zod'

/** What every service is told by its environment. */
export const serviceEnvironment = {
  PORT: z.coerce.number('must be a port').int().min(0).max(65_535),
  HOST: z.string().default('127.0.0.1'),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
}

/**
 * The configuration, checked at the start: all that is wrong with it at once, each with the variable's name. An empty variable
 * is one that is not set.
 */
export function parseEnvironment<T extends z.ZodRawShape>(shape: T, env: NodeJS.ProcessEnv): z.infer<z.ZodObject<T>> {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const parsed = z.object(shape).safeParse(set)
  if (parsed.success) return parsed.data
  throw new Error(
    `the environment is not right:\n${parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`).join('\n')}`,
  )
}
