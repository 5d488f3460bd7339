import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { KeyShape, RawKey } from './key.ts'
import { type OptionsGuide, parseDuration, problemsOf } from './options.ts'
import { type Problem, refuseProblems } from './problem.ts'
import type { StoreDeclaration } from './readStore.ts'
import { isSql, plainSql, type Sql, sqlFaults } from './sql.ts'

/** An event as a mapping sees it: the payload, `type` included. */
export interface AnyEvent {
  readonly type: string
  readonly [field: string]: unknown
}

/** The keys that an event makes stale: computed from the event, or asked of the database. */
export type Mapping<E> = ((event: E) => readonly RawKey[]) | Sql<E>

export type Mappings<E extends { type: string }> = {
  readonly [T in E['type']]?: Mapping<Extract<E, { type: T }>> | readonly Mapping<Extract<E, { type: T }>>[]
}

/** A projection as its author writes it. One key is one document. */
export interface ProjectionOptions<E extends { type: string }> {
  /** What is read, in lower case with underscores; it names tables, indexes and topics. At most 40 characters. */
  name: string
  /** Raised with every change of `key`, `keys`, `document` or the store's mappings: another shape lives beside the old one. */
  version: number
  /** The columns of the key and their PostgreSQL types, in order. */
  key: KeyShape
  /** Event type → the keys that it makes stale. A superset is harmless, a key left out is not. */
  on: Mappings<E>
  /** The domain: which documents exist. A query that returns (at least) the key columns. */
  keys: Sql
  /**
   * The content: a query over the relation `keys` that returns the key columns and one column `document` (json, jsonb or
   * JSON text), one row per key. A stale key without a row here is deleted from the read model. It may depend on rows
   * only: time enters as a row and its event, never as `now()`.
   */
  document: Sql
  /** Where documents may live, with the shape there; the first whose connection is configured is used. */
  store: StoreDeclaration | readonly StoreDeclaration[]
  freshness: {
    /** How old an answer may become before it is called STALE: `30s`, `5m`. */
    sla: string
  }
}

export interface EventMapping {
  readonly eventType: string
  /** Place among the mappings of this event type. */
  readonly index: number
  readonly mapping: Mapping<AnyEvent>
}

/** A projection that has been checked for all that can be seen without a database. */
export interface Projection {
  readonly name: string
  readonly version: number
  readonly key: KeyShape
  readonly keyColumns: readonly string[]
  readonly mappings: ReadonlyMap<string, readonly EventMapping[]>
  readonly keys: string
  readonly document: string
  readonly stores: readonly StoreDeclaration[]
  readonly slaMs: number
}

const keyType = /^[a-z][a-z0-9_ ]*(\(\d+(,\s*\d+)?\))?$/

/** Whether it can be the type of a key's column: a name without a schema, perhaps with a size. */
export const isKeyType = (type: string): boolean => keyType.test(type)

const sqlPiece = z.custom<Sql>(isSql, 'to be an sql`…` query')
const mapping = z.custom<Mapping<AnyEvent>>(
  (value) => typeof value === 'function' || isSql(value),
  'to be a function of the event or an sql`…` query',
)
const declaration = z.custom<StoreDeclaration>(
  (value) => typeof (value as StoreDeclaration | null)?.adapter?.kind === 'string',
  'to be a store, as postgres({ … }) returns it',
)

const freshness = z.strictObject({
  sla: z.string().refine((text) => (parseDuration(text) ?? 0) > 0, 'to be a duration such as 30s or 5m'),
})

const schema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,39}$/, 'to be lower case letters, digits and underscores, at most 40, a letter first'),
  version: z.int('to be a positive integer').min(1, 'to be a positive integer').max(9999, 'to be at most 9999'),
  key: z
    .record(
      z.string().regex(/^[a-z_][a-z0-9_]{0,62}$/, 'to be a column name in lower case'),
      z.string().regex(keyType, 'to be the name of a PostgreSQL type'),
    )
    .refine((key) => Object.keys(key).length > 0, 'to have at least one column'),
  on: z.record(z.string().min(1), z.union([mapping, z.array(mapping).min(1, 'to have at least one mapping')])),
  keys: sqlPiece,
  document: sqlPiece,
  store: z.union([declaration, z.array(declaration).min(1, 'to have at least one store')]),
  freshness,
})

const guide: OptionsGuide = {
  known: { '': Object.keys(schema.shape), freshness: Object.keys(freshness.shape) },
  hints: {
    name: 'it names tables and topics: orders, division_rankings',
    version: 'begin with 1, and raise it with every change of key, keys, document or the shape in the store',
    key: "column and type of each part, in order: { division_id: 'uuid', athlete_id: 'uuid' }",
    on: 'event type → keys: { OrderPlaced: (e) => [[e.orderId]] }, or a query that returns the key columns',
    keys: 'a query that returns the key columns: sql`select id from published.orders`',
    document:
      'a query over the relation keys that returns the key columns and document: sql`select k.id, … as document from keys k join …`',
    store: "import { postgres } from 'cornerman/postgres'",
    freshness: "how old an answer may become: { sla: '30s' }",
  },
}

/**
 * Checks the definition for all that can be seen without a database; `cornerman check` sees the rest. With the application's
 * event types, `defineProjection<MatchCompleted | AthleteRenamed>`, each mapping sees its own event; else any field.
 */
export function defineProjection(options: ProjectionOptions<AnyEvent>): Projection
export function defineProjection<E extends { type: string }>(options: ProjectionOptions<E>): Projection
export function defineProjection<E extends { type: string }>(options: ProjectionOptions<E>): Projection {
  const name = typeof options?.name === 'string' ? options.name : 'the projection'
  const parsed = schema.safeParse(options, { reportInput: true })
  refuseProblems('PROJECTION_INVALID', name, [
    ...(parsed.success ? [] : problemsOf(name, parsed.error, guide)),
    ...queryProblems(name, options),
    ...storeProblems(name, options),
  ])
  const given = parsed.data!
  return {
    name: given.name,
    version: given.version,
    key: given.key,
    keyColumns: Object.keys(given.key),
    mappings: new Map(Object.entries(given.on).map(([type, of]) => [type, mappingsOf(type, of)])),
    keys: plainSql(given.keys),
    document: plainSql(given.document),
    stores: manyOf(given.store),
    slaMs: parseDuration(given.freshness.sla)!,
  }
}

/** What no statement can be made of. Looks at whatever was given: other parts may be wrong too. */
function queryProblems(name: string, options: Partial<ProjectionOptions<never>> | undefined): Problem[] {
  const { keys, document, on } = options ?? {}
  const plain = Object.entries({ keys, document }).filter(([, query]) => isSql(query)) as [string, Sql][]
  const mappings = Object.entries(on ?? {}).flatMap(([type, of]) =>
    manyOf<unknown>(of)
      .filter(isSql)
      .map((query): [string, Sql] => [`on.${type}`, query]),
  )
  return [
    ...[...plain, ...mappings].flatMap(([field, query]) =>
      sqlFaults(query).map((message) => ({
        where: `${name}, ${field}`,
        message,
        hint: 'a value in sql`…` is text, a number, a boolean, null, another sql`…`, or a function of the event',
      })),
    ),
    ...plain
      .filter(([, query]) => hasParameters(query))
      .map(([field]) => ({
        where: `${name}, ${field}`,
        message: 'a function of the event is not possible here',
        hint: 'only the mappings under `on` see an event; `keys` and `document` depend on rows alone',
      })),
  ]
}

const hasParameters = (query: Sql): boolean =>
  query.values.some((value) => typeof value === 'function' || (isSql(value) && hasParameters(value)))

function storeProblems(name: string, options: Partial<ProjectionOptions<never>> | undefined): Problem[] {
  const keyColumns = Object.keys(options?.key ?? {})
  const stores = manyOf(options?.store).filter((store) => declaration.safeParse(store).success) as StoreDeclaration[]
  return stores.flatMap((store) => store.problems({ name, keyColumns }))
}

const manyOf = <T>(value: T | readonly T[]): readonly T[] => (Array.isArray(value) ? value : [value as T])

function mappingsOf(eventType: string, of: Mapping<AnyEvent> | readonly Mapping<AnyEvent>[]): EventMapping[] {
  return manyOf(of).map((each, index) => ({ eventType, index, mapping: each }))
}

/** `rankings v2`: how a version of a projection is called in messages. */
export function titleOf(projection: Pick<Projection, 'name' | 'version'>): string {
  return `${projection.name} v${projection.version}`
}

/** Quoted text stays as it is; comments and the layout decide nothing. */
const layout = /('(?:[^']|'')*'|"(?:[^"]|"")*")|(?:--[^\n]*|\s)+/g
const folded = (text: string) => text.replace(layout, (_, quoted?: string) => quoted ?? ' ').trim()

/** A fingerprint of what decides the content of documents: key, keys, document and the shape in the store. */
export function definitionHash(projection: Projection, store: StoreDeclaration): string {
  const content = [
    Object.entries(projection.key),
    folded(projection.keys),
    folded(projection.document),
    store.adapter.kind,
    store.shape,
  ]
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 32)
}
