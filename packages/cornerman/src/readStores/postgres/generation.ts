import type { Pool } from '../../database.ts'
import { inTransaction } from '../../database.ts'
import type { KeyShape } from '../../key.ts'
import type { GenerationRef, GenerationShape } from '../../readStore.ts'
import { columnList, identifier, literal } from '../../sql.ts'
import type { PostgresShape } from './declaration.ts'
import { tableOf } from './names.ts'

/** A generation as its marker describes it: what statements on its table are made from. */
export interface Layout {
  readonly ref: GenerationRef
  readonly table: string
  readonly key: KeyShape
  readonly keyColumns: readonly string[]
  readonly columns: Readonly<Record<string, string>>
  readonly shape: PostgresShape
}

export function layoutOf(ref: GenerationRef, { key, shape }: GenerationShape): Layout {
  const declared = shape as PostgresShape
  return {
    ref,
    table: tableOf(ref),
    key,
    keyColumns: Object.keys(key),
    columns: declared.columns ?? {},
    shape: declared,
  }
}

export async function createTable(pool: Pool, layout: Layout): Promise<void> {
  const { ref, table } = layout
  await inTransaction(pool, async (client) => {
    await client.query(`drop table if exists ${table}`)
    await client.query(createStatement(layout))
    for (const statement of indexStatements(layout)) await client.query(statement)
    await forget(client, ref)
    await client.query(
      'insert into cornerman.store_generations (projection, version, number, key, shape) values ($1, $2, $3, $4, $5)',
      [
        ref.projection,
        ref.version,
        ref.number,
        // As text in an array: jsonb would not keep the order of the key's columns.
        JSON.stringify(Object.entries(layout.key)),
        JSON.stringify(layout.shape),
      ],
    )
  })
}

export async function dropTable(pool: Pool, ref: GenerationRef): Promise<void> {
  await inTransaction(pool, async (client) => {
    await client.query(`set local lock_timeout = '2s'`)
    await client.query(`drop table if exists ${tableOf(ref)}`)
    await forget(client, ref)
  })
}

async function forget(
  client: { query(text: string, values: unknown[]): Promise<unknown> },
  ref: GenerationRef,
): Promise<void> {
  const id = [ref.projection, ref.version, ref.number]
  for (const table of ['store_generations', 'store_watermarks']) {
    await client.query(`delete from cornerman.${table} where projection = $1 and version = $2 and number = $3`, id)
  }
}

export async function readLayout(pool: Pool, ref: GenerationRef): Promise<Layout | undefined> {
  const { rows } = await pool.query<{ key: [string, string][]; shape: PostgresShape }>(
    `select key, shape from cornerman.store_generations
     where projection = $1 and version = $2 and number = $3 and to_regclass($4) is not null`,
    [ref.projection, ref.version, ref.number, tableOf(ref)],
  )
  return rows[0] && layoutOf(ref, { key: Object.fromEntries(rows[0].key), shape: rows[0].shape })
}

function createStatement({ table, key, keyColumns, columns, shape }: Layout): string {
  const search = shape.search?.text
  const lines = [
    ...Object.entries(key).map(([name, type]) => `${identifier(name)} ${type} not null`),
    ...Object.entries(columns).map(([name, type]) => `${identifier(name)} ${type}`),
    ...(search === undefined
      ? []
      : [`search tsvector generated always as (${searchVector(search, shape.search?.language ?? 'simple')}) stored`]),
    'document jsonb',
    '_version bigint not null',
    '_deleted_at timestamptz',
    `primary key (${columnList(keyColumns)})`,
  ]
  return `create table ${table} (\n  ${lines.join(',\n  ')}\n) with (fillfactor = 90)`
}

const weights = ['A', 'B', 'C', 'D']

const searchVector = (columns: readonly string[], language: string) =>
  columns
    .map(
      (name, i) =>
        `setweight(to_tsvector(${literal(language)}::regconfig, coalesce(${identifier(name)}::text, '')), '${weights[i]}')`,
    )
    .join(' || ')

function indexStatements({ table, shape }: Layout): string[] {
  const live = 'where _deleted_at is null'
  return [
    `create index on ${table} (_version)`,
    ...(shape.search?.text === undefined ? [] : [`create index on ${table} using gin (search) ${live}`]),
    ...(shape.search?.fuzzy ?? []).map(
      (name) => `create index on ${table} using gin (${identifier(name)} gin_trgm_ops) ${live}`,
    ),
    ...(shape.indexes ?? []).map(
      (index) => `create index on ${table} ${index} ${/\bwhere\b/i.test(index) ? '' : live}`,
    ),
  ]
}

/** The columns of the live view, in order. */
export function viewColumns({ keyColumns, columns, shape }: Layout): string[] {
  return [
    ...keyColumns,
    ...Object.keys(columns),
    ...(shape.search?.text === undefined ? [] : ['search']),
    'document',
    '_version',
  ]
}
