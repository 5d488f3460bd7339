import type { Pool } from '../../database.ts'
import { type Key, keyString } from '../../key.ts'
import { faultKind } from '../../postgresFault.ts'
import { messageOf } from '../../errors.ts'
import type { StoredDocument, WriteOutcome, WrittenDocument } from '../../readStore.ts'
import { columnList, identifier } from '../../sql.ts'
import type { Layout } from './generation.ts'

/** Cannot occur in JSON text as PostgreSQL makes it: control characters are escaped there. */
const separator = '\u0001'

/**
 * Writes in one statement; the store keeps what has a higher version. Documents are handed over as one text with a
 * separator, which spares the escaping of an array. When the data of one document make the statement fail, halves are
 * tried, down to the one that is refused.
 */
export async function writeDocuments(
  pool: Pool,
  layout: Layout,
  version: number,
  documents: readonly WrittenDocument[],
): Promise<WriteOutcome[]> {
  if (documents.length === 0) return []
  // All writers lock rows in one order.
  const sorted = documents
    .map((document, place) => ({ ...document, place, text: keyString(document.key) }))
    .sort((a, b) => (a.text < b.text ? -1 : 1))
  const outcomes: WriteOutcome[] = Array.from({ length: documents.length })
  const results = await writeSorted(pool, layout, version, sorted)
  sorted.forEach(({ place }, i) => {
    outcomes[place] = results[i]!
  })
  return outcomes
}

async function writeSorted(
  pool: Pool,
  layout: Layout,
  version: number,
  documents: readonly WrittenDocument[],
): Promise<WriteOutcome[]> {
  try {
    const { rowCount } = await pool.query(upsertStatement(layout), [
      ...keyArrays(layout, documents),
      documents.map((d) => d.document ?? '').join(separator),
      version,
    ])
    if (rowCount === documents.length) return documents.map(() => ({ outcome: 'written' }))
    return await fencedOutcomes(pool, layout, version, documents)
  } catch (error) {
    if (faultKind(error) !== 'data') throw error
    if (documents.length === 1) return [{ outcome: 'refused', reason: messageOf(error) }]
    const half = Math.ceil(documents.length / 2)
    return [
      ...(await writeSorted(pool, layout, version, documents.slice(0, half))),
      ...(await writeSorted(pool, layout, version, documents.slice(half))),
    ]
  }
}

/** Some rows kept what they had: those that bear another version by now. */
async function fencedOutcomes(
  pool: Pool,
  layout: Layout,
  version: number,
  documents: readonly WrittenDocument[],
): Promise<WriteOutcome[]> {
  const stored = new Map(
    (
      await readDocuments(
        pool,
        layout,
        documents.map((d) => d.key),
      )
    ).map((each) => [keyString(each.key), each.version]),
  )
  return documents.map(({ key }) => {
    const storedVersion = stored.get(keyString(key)) ?? version
    return storedVersion > version ? { outcome: 'fenced', storedVersion } : { outcome: 'written' }
  })
}

export async function readDocuments(pool: Pool, layout: Layout, keys: readonly Key[]): Promise<StoredDocument[]> {
  const { table, keyColumns, key } = layout
  const arrays = keyColumns.map((name, i) => `$${i + 1}::${key[name]}[]`).join(', ')
  const { rows } = await pool.query<StoredRow>(
    `select ${keyText(keyColumns)} as key, document::text as document, _version as version from ${table}
     where (${columnList(keyColumns)}) in (select * from unnest(${arrays}))`,
    keyArrays(
      layout,
      keys.map((each) => ({ key: each })),
    ),
  )
  return rows
}

export async function scanDocuments(
  pool: Pool,
  { table, keyColumns, key }: Layout,
  { after, limit, versionBelow }: { after?: Key; limit: number; versionBelow?: number },
): Promise<StoredDocument[]> {
  const values: unknown[] = [limit, ...(after ?? []), ...(versionBelow === undefined ? [] : [versionBelow])]
  const above =
    after === undefined
      ? ''
      : `and (${columnList(keyColumns)}) > (${keyColumns.map((name, i) => `$${i + 2}::${key[name]}`).join(', ')})`
  const below = versionBelow === undefined ? '' : `and _version < $${values.length}`
  const { rows } = await pool.query<StoredRow>(
    `select ${keyText(keyColumns)} as key, document::text as document, _version as version from ${table}
     where _deleted_at is null ${above} ${below} order by ${columnList(keyColumns)} limit $1`,
    values,
  )
  return rows
}

interface StoredRow {
  key: string[]
  document: string | null
  version: number
}

const keyText = (keyColumns: readonly string[]) =>
  `array[${keyColumns.map((name) => `${identifier(name)}::text`).join(', ')}]`

const keyArrays = (layout: Layout, documents: readonly { key: Key }[]) =>
  layout.keyColumns.map((_, i) => documents.map(({ key }) => key[i]))

function upsertStatement({ table, key, keyColumns, columns }: Layout): string {
  const declared = Object.keys(columns)
  const record = Object.entries(columns).map(([name, type]) => `${identifier(name)} ${type}`)
  const arrays = keyColumns.map((name, i) => `$${i + 1}::${key[name]}[]`)
  const [documents, version] = [`$${keyColumns.length + 1}`, `$${keyColumns.length + 2}`]
  const written = ['document', '_version', '_deleted_at', ...declared]
  return `
insert into ${table} as stored (${columnList(keyColumns)}, ${columnList(written)})
select ${columnList(keyColumns, 'i.')}, i.document, ${version}::bigint, case when i.document is null then statement_timestamp() end${declared.map((name) => `, r.${identifier(name)}`).join('')}
from (
  select ${columnList(keyColumns)}, nullif(text, '')::jsonb as document
  from unnest(${arrays.join(', ')}, string_to_array(${documents}::text, E'\\x01')) as u(${columnList(keyColumns)}, text)
) as i${declared.length === 0 ? '' : `\nleft join lateral jsonb_to_record(i.document) as r(${record.join(', ')}) on true`}
on conflict (${columnList(keyColumns)}) do update set ${written.map((name) => `${identifier(name)} = excluded.${identifier(name)}`).join(', ')}
where stored._version < excluded._version`
}
