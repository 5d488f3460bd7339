import { type AnswerMeta, type LiveWatermarks, ReadModel } from 'cornerman'
import { type PostgresReader, postgresReader } from 'cornerman/postgres'
import { Pool, types } from 'pg'

/** The token under which controllers ask for the read models. */
export const READ_MODELS = Symbol('read models')

/** How long a query waits for `?after=` at the most, in milliseconds. */
const afterTimeoutMs = 5_000
const dateType = 1082

/** A projection as this service reads it: its documents, and how fresh they are. */
export class ReadView {
  readonly reader: PostgresReader
  readonly model: ReadModel

  constructor(pool: Pool, projection: string, version: number, also: { projection: string; version: number }[] = []) {
    this.reader = postgresReader({ pool, projection, version, also })
    this.model = new ReadModel({ readWatermarks: () => this.reader.readWatermarks() })
    this.model.start()
  }

  /** Waits for `after`, reads, and says how fresh the answer is. Every answer goes this way. */
  async answer<T>(
    after: number | undefined,
    text: string,
    values: unknown[],
  ): Promise<{ rows: T[]; meta: AnswerMeta & { after?: AfterMeta }; live: LiveWatermarks }> {
    const reached = after === undefined ? undefined : await this.model.waitFor(after, afterTimeoutMs)
    const { rows, live } = await this.reader.query<T>(text, values)
    const meta = this.model.meta(live)
    return { rows, live, meta: reached === undefined ? meta : { ...meta, after: { position: after!, ...reached } } }
  }
}

interface AfterMeta {
  position: number
  reached: boolean
  parkedBelow: boolean
}

/** All read models of this service. Version numbers are those whose documents this code understands. */
export class ReadModels {
  readonly rankings: ReadView
  readonly athletes: ReadView
  readonly divisions: ReadView
  readonly #pool: Pool

  constructor(url: string) {
    this.#pool = new Pool({
      connectionString: url,
      max: 10,
      application_name: 'query-service',
      connectionTimeoutMillis: 3_000,
      query_timeout: 10_000,
      statement_timeout: 8_000,
      keepAlive: true,
      // Loose enough for a name with a letter wrong; what is found is sorted by likeness.
      options: '-c pg_trgm.similarity_threshold=0.25 -c pg_trgm.word_similarity_threshold=0.4 -c jit=off',
      types: {
        getTypeParser: (oid, format) =>
          oid === dateType ? (text: string) => text : types.getTypeParser(oid, format as 'text'),
      },
    })
    this.#pool.on('error', () => undefined)
    // A query may name a division by its slug, which is looked up in the divisions.
    this.rankings = new ReadView(this.#pool, 'rankings', 1, [{ projection: 'divisions', version: 1 }])
    // An athlete's places and a division's numbers are counted in the rankings.
    this.athletes = new ReadView(this.#pool, 'athletes', 1, [{ projection: 'rankings', version: 1 }])
    this.divisions = new ReadView(this.#pool, 'divisions', 1, [{ projection: 'rankings', version: 1 }])
  }

  /** Whether queries can be answered, however old the answers are: freshness is not readiness. */
  async isReadable(): Promise<boolean> {
    const found = await Promise.all(this.all.map((view) => view.reader.readWatermarks().catch(() => null)))
    return found.every((live) => live !== null)
  }

  get all(): ReadView[] {
    return [this.rankings, this.athletes, this.divisions]
  }

  async close(): Promise<void> {
    await Promise.all(this.all.map((view) => view.model.close()))
    await this.#pool.end()
  }
}
