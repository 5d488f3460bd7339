import type { QueryResultRow } from 'pg'
import { unavailable } from '../../freshness/readModel.ts'
import type { LiveWatermarks } from '../../freshness/state.ts'
import { isUndefinedTable } from '../../postgresFault.ts'
import { identifier, literal } from '../../sql.ts'
import { liveViewOf, readSchema } from './names.ts'
import { type WatermarkRow, watermarkOf } from './watermark.ts'

/** The pool of a query service, as `pg` makes it. */
export interface ReaderPool {
  query<R extends QueryResultRow>(text: string, values?: unknown[]): Promise<{ rows: R[] }>
}

export interface PostgresReaderOptions {
  /** On `READ_DATABASE_URL`, under a role that was named to `cornerman migrate --reader`. */
  pool: ReaderPool
  projection: string
  /** The version whose documents this code understands. */
  version: number
  /** Other projections that the queries join: an answer is only as fresh as the oldest of them. */
  also?: readonly { projection: string; version: number }[]
}

export interface Answer<T> {
  readonly rows: T
  /** What held when the rows were read: taken in the same snapshot. */
  readonly live: LiveWatermarks
}

export interface PostgresReader {
  /** The live view: `read_models."rankings_v2"`. */
  readonly view: string
  readWatermarks(): Promise<LiveWatermarks | null>
  /** Runs a query over the live view; its rows come as JSON, together with the watermarks of the same snapshot. */
  query<T>(text: string, values?: unknown[]): Promise<Answer<T[]>>
}

type LiveRow = WatermarkRow & { projection: string; generation: number }

/** Reads a projection's documents as a query service does: by the live view, with freshness in the same statement. */
export function postgresReader({ pool, projection, version, also = [] }: PostgresReaderOptions): PostgresReader {
  const mine = [{ projection, version }, ...also]
    .map((each) => `(projection = ${literal(each.projection)} and version = ${literal(each.version)})`)
    .join(' or ')
  const liveOf = (rows: readonly LiveRow[]): LiveWatermarks | null => {
    const own = rows.find((row) => row.projection === projection)
    if (own === undefined) return null
    return {
      generation: own.generation,
      watermarks: rows.map((row) => watermarkOf({ ...row, source: `${row.projection}/${row.source}` })),
    }
  }
  return {
    view: liveViewOf(projection, version),

    async readWatermarks() {
      const { rows } = await pool.query<{ live: LiveRow[] | null }>(
        `select json_agg(w) as live from ${readSchema}.watermarks w where ${mine}`,
      )
      return liveOf(rows[0]!.live ?? [])
    },

    async query<T>(text: string, values: unknown[] = []) {
      // One statement is one snapshot; by the lock on the view it also sees one promotion or the other.
      const statement = `select (select json_agg(w) from ${readSchema}.watermarks w where ${mine}) as live,
        (select coalesce(json_agg(${identifier('row')}), '[]') from (${text}) as ${identifier('row')}) as rows`
      try {
        const { rows } = await pool.query<{ live: LiveRow[] | null; rows: T[] }>(statement, values)
        const live = liveOf(rows[0]!.live ?? [])
        if (live === null) throw unavailable(projection, `no generation of version ${version} is live`)
        return { rows: rows[0]!.rows, live }
      } catch (error) {
        if (isUndefinedTable(error)) throw unavailable(projection, `version ${version} is not built yet`, error)
        throw error
      }
    },
  }
}
