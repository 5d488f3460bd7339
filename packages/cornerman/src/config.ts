import { z } from 'zod'
import { CornermanError } from './errors.ts'
import { didYouMean, type OptionsGuide, parseDuration, problemsOf } from './options.ts'
import { type Problem, refuseProblems } from './problem.ts'
import { type Projection, titleOf } from './projection.ts'
import { defaultSettings, type ProjectorSettings } from './projector/settings.ts'
import type { Environment, ReadStoreAdapter, StoreDeclaration } from './readStore.ts'

/** What `cornerman.config.ts` says. Connections come from the environment: `DATABASE_URL`, `READ_DATABASE_URL`. */
export interface ConfigOptions {
  /** All projections; two versions of one stand beside each other. */
  projections: readonly Projection[]
  /** All event types that the application appends. With them a misspelt type under `on` is found. */
  events?: readonly string[]
  outbox?: {
    /** How long rows stay in the outbox at least: `7d`. Partitions are dropped only when everybody has read them. Defaults to 7d. */
    retention?: string
  }
  projector?: Partial<ProjectorSettings>
}

/** One version of a projection with the store in which it lives. */
export interface PlacedProjection {
  readonly projection: Projection
  readonly declaration: StoreDeclaration
}

export interface Config {
  readonly projections: readonly Projection[]
  readonly events: readonly string[] | undefined
  readonly retentionMs: number
  readonly settings: ProjectorSettings
}

const isProjection = (value: unknown): value is Projection => (value as Projection | null)?.mappings instanceof Map

const positive = z.int('to be a positive integer').min(1, 'to be a positive integer')
const settingsShape = Object.fromEntries(Object.keys(defaultSettings).map((name) => [name, positive.optional()]))

const outbox = z.strictObject({
  retention: z
    .string()
    .refine((text) => parseDuration(text) !== undefined, 'to be a duration such as 7d')
    .optional(),
})

const schema = z.strictObject({
  projections: z
    .array(z.custom<Projection>(isProjection, 'to be what defineProjection returns'))
    .min(1, 'to have at least one projection'),
  events: z.array(z.string()).optional(),
  outbox: outbox.optional(),
  projector: z.strictObject(settingsShape).optional(),
})

const retentionDefault = '7d'

const guide: OptionsGuide = {
  known: {
    '': Object.keys(schema.shape),
    outbox: Object.keys(outbox.shape),
    projector: Object.keys(defaultSettings),
  },
  hints: {
    projections: 'what defineProjection returns: projections: [orders]',
    events: "all event types that the application appends: events: ['OrderPlaced', 'OrderShipped']",
    outbox: `how long rows stay at least: { retention: '${retentionDefault}' }`,
    ...Object.fromEntries(
      Object.entries(defaultSettings).map(([name, value]) => [`projector.${name}`, `leave it out for ${value}`]),
    ),
  },
}

export function defineConfig(options: ConfigOptions): Config {
  const parsed = schema.safeParse(options, { reportInput: true })
  refuseProblems('CONFIG_INVALID', 'the configuration', [
    ...(parsed.success ? [] : problemsOf('configuration', parsed.error, guide)),
    ...repeated(options),
  ])
  return {
    projections: options.projections,
    events: options.events,
    retentionMs: parseDuration(options.outbox?.retention ?? retentionDefault)!,
    settings: { ...defaultSettings, ...given(options.projector) },
  }
}

/** Without what is there and undefined: it would hide a default. */
const given = (settings: Partial<ProjectorSettings> = {}): Partial<ProjectorSettings> =>
  Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined))

function repeated(options: Partial<ConfigOptions> | undefined): Problem[] {
  const list: readonly unknown[] = Array.isArray(options?.projections) ? options.projections : []
  const titles = list.filter(isProjection).map(titleOf)
  return [...new Set(titles.filter((title, i) => titles.indexOf(title) !== i))].map((title) => ({
    where: 'configuration, projections',
    message: `${title} is there twice`,
    hint: 'give each its own name, or raise the version of the changed one',
  }))
}

/** Where each projection lives: the first of its stores whose connection the environment has. */
export function place(projection: Projection, env: Environment): PlacedProjection {
  const declaration = projection.stores.find(({ adapter }) => isConfigured(adapter, env)) ?? projection.stores[0]!
  return { projection, declaration }
}

const isConfigured = (adapter: ReadStoreAdapter, env: Environment) => (env[adapter.variables[0]!] ?? '') !== ''

/** Refuses stores whose connection the environment lacks: a process that is to write to them could only wait for ever. */
export function refuseUnconfigured(adapters: Iterable<ReadStoreAdapter>, env: Environment): void {
  const missing = [...adapters].filter((adapter) => !isConfigured(adapter, env))
  if (missing.length === 0) return
  const variables = new Set(missing.map((adapter) => adapter.variables[0]!))
  throw new CornermanError('CONFIG_INVALID', `${[...variables].join(' and ')} must be set`, {
    hint: `set it to the place of the read models (${missing[0]!.kind}), in the environment or in .env; the database of DATABASE_URL will do to begin with`,
  })
}

/** The placed projections by name: all versions of one are fed together. */
export function placedByName(
  config: Config,
  env: Environment,
  names?: readonly string[],
): Map<string, PlacedProjection[]> {
  const unknown = (names ?? []).filter((name) => !config.projections.some((each) => each.name === name))
  if (unknown.length > 0) throw unknownProjection(unknown, config)
  const wanted = config.projections.filter(
    ({ name }) => names === undefined || names.length === 0 || names.includes(name),
  )
  return Map.groupBy(
    wanted.map((each) => place(each, env)),
    ({ projection }) => projection.name,
  )
}

function unknownProjection(names: readonly string[], config: Config): CornermanError {
  const known = [...new Set(config.projections.map((each) => each.name))]
  const meant = names.length === 1 ? didYouMean(names[0]!, known) : undefined
  return new CornermanError('PROJECTION_UNKNOWN', `there is no projection ${names.join(', ')}`, {
    hint: meant === undefined ? `the configuration has: ${known.join(', ')}` : `did you mean ${meant}?`,
  })
}

export function databaseUrl(env: Environment): string {
  const url = env['DATABASE_URL'] ?? ''
  const example = 'DATABASE_URL=postgres://user:password@localhost:5432/app'
  if (url === '')
    throw new CornermanError('CONFIG_INVALID', 'DATABASE_URL is not set', {
      hint: `set it to the database of the write side, in the environment or in .env: ${example}`,
    })
  if (!isDatabaseUrl(url))
    throw new CornermanError('CONFIG_INVALID', 'DATABASE_URL is not the URL of a PostgreSQL database', {
      hint: `it looks like this: ${example}; other characters than letters and digits in the password are written as %40 and so on`,
    })
  return url
}

/** With a socket there is no host: `postgres://user@/app?host=/run/postgresql`. */
const isDatabaseUrl = (url: string) => /^(postgres(ql)?|socket):/.test(url) && URL.canParse(url.replace('@/', '@host/'))
