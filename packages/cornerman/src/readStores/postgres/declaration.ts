import { z } from 'zod'
import { problemsOf } from '../../options.ts'
import { type Problem, refuseProblems } from '../../problem.ts'
import type { StoreDeclaration } from '../../readStore.ts'
import { postgresAdapter } from './adapter.ts'

/** The shape of a projection's table in the PostgreSQL read store. */
export interface PostgresShape {
  /**
   * Columns beside the key, with their types, each filled from the document's field of that name: what readers filter and
   * sort by. The whole document lies beside them, in `document`.
   */
  columns?: Readonly<Record<string, string>>
  /** What follows `create index on <table>`: `(division_id, points desc)`, `using gin (tags)`. Tombstones are left out of each. */
  indexes?: readonly string[]
  search?: {
    /** Columns whose words make up the column `search` (tsvector, with an index), most important first. */
    text?: readonly string[]
    /** The text search configuration. Defaults to `simple`, which knows no language and stems nothing. */
    language?: string
    /** Columns with a trigram index (extension pg_trgm), for search that forgives typing errors. */
    fuzzy?: readonly string[]
  }
}

const name = z.string().regex(/^[a-z][a-z0-9_]{0,62}$/, 'to be a column name in lower case')

const schema = z.strictObject({
  columns: z
    .record(
      name,
      z.string().regex(/^[a-z][a-z0-9_ ]*(\(\d+(,\s*\d+)?\))?(\[\])?$/, 'to be the name of a PostgreSQL type'),
    )
    .optional(),
  indexes: z.array(z.string().min(1, 'to be what follows `create index on <table>`')).optional(),
  search: z
    .strictObject({
      text: z.array(name).min(1, 'to name at least one column').max(4, 'to name at most four columns').optional(),
      language: name.optional(),
      fuzzy: z.array(name).min(1, 'to name at least one column').optional(),
    })
    .optional(),
})

/** Documents in a table of the PostgreSQL read store, at `READ_DATABASE_URL`. */
export function postgres(shape: PostgresShape = {}): StoreDeclaration {
  const parsed = schema.safeParse(shape, { reportInput: true })
  if (!parsed.success) {
    refuseProblems(
      'PROJECTION_INVALID',
      'postgres({ … })',
      problemsOf('postgres', parsed.error, Object.keys(schema.shape)),
    )
  }
  return { adapter: postgresAdapter, shape, problems: (projection) => shapeProblems(projection, shape) }
}

/** Columns of every generation's table beside the key and the declared ones. */
export const ownColumns = ['document', '_version', '_deleted_at', 'search']

function shapeProblems(
  { name: projection, keyColumns }: { name: string; keyColumns: readonly string[] },
  shape: PostgresShape,
): Problem[] {
  const declared = Object.keys(shape.columns ?? {})
  const taken = declared.filter((column) => ownColumns.includes(column) || keyColumns.includes(column))
  const searched = [...(shape.search?.text ?? []), ...(shape.search?.fuzzy ?? [])]
  const unknown = searched.filter((column) => !declared.includes(column))
  const where = `${projection}, store postgres`
  return [
    ...taken.map((column) => ({
      where,
      message: `the column ${column} exists already`,
      hint: 'key columns and document need not be declared; give others another name',
    })),
    ...unknown.map((column) => ({
      where,
      message: `search names ${column}, which is not among the declared columns`,
      hint: `declared: ${declared.join(', ') || 'none'}`,
    })),
  ]
}
