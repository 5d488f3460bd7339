import type { Connection } from '../database.ts'
import { type Key, keyString, keyText } from '../key.ts'
import { isStatementTimeout } from '../postgresFault.ts'
import type { Problem } from '../problem.ts'
import { type Projection, titleOf } from '../projection.ts'
import { type DocumentRow, readDocuments } from './sample.ts'

/** Settings under which the same rows must make the same text. */
const otherPlans = [
  [
    'enable_nestloop = off',
    'enable_indexscan = off',
    'enable_indexonlyscan = off',
    'enable_bitmapscan = off',
    'enable_hashagg = off',
  ],
  ['enable_seqscan = off', 'enable_hashjoin = off', 'enable_mergejoin = off'],
]
const otherZone = [`timezone = 'Asia/Kolkata'`]
/** Without its indexes a query may take very long. */
const patience = `statement_timeout = '5s'`

/** The same keys under other plans and in another time zone, in one snapshot: the text must be the same. */
export async function variantProblems(
  connection: Connection,
  projection: Projection,
  keys: readonly Key[],
): Promise<Problem[]> {
  const where = `${titleOf(projection)}, document`
  const read = (settings: readonly string[]) => readUnder(connection, projection, keys, settings)
  await connection.query('begin isolation level repeatable read')
  try {
    const base = await read([])
    const planned = [await read(otherPlans[0]!), await read(otherPlans[1]!)].flatMap((rows) => different(base, rows))
    const zoned = different(base, await read(otherZone))
    return [
      ...planned.slice(0, 1).map((key) => ({
        where,
        message: `two plans give two texts for the key ${keyText(key)}`,
        hint: 'give every aggregate, limit and distinct on an order that is unique',
      })),
      ...zoned.map((key) => ({
        where,
        message: `the text for the key ${keyText(key)} depends on the session's time zone`,
        hint: "cornerman pins it to UTC; say it in the query if others run it too: at time zone 'UTC'",
        severity: 'warning' as const,
      })),
    ]
  } finally {
    await connection.query('rollback')
  }
}

/** The documents under these settings; `undefined` when that takes too long. */
async function readUnder(
  connection: Connection,
  projection: Projection,
  keys: readonly Key[],
  settings: readonly string[],
): Promise<DocumentRow[] | undefined> {
  await connection.query('savepoint variant')
  try {
    for (const setting of [...settings, ...(settings.length === 0 ? [] : [patience])])
      await connection.query(`set local ${setting}`)
    return await readDocuments(connection, projection, keys)
  } catch (error) {
    if (settings.length > 0 && isStatementTimeout(error)) return undefined
    throw error
  } finally {
    await connection.query('rollback to savepoint variant')
  }
}

/** The first key whose text differs, if any. */
function different(base: readonly DocumentRow[] | undefined, other: readonly DocumentRow[] | undefined): Key[] {
  if (base === undefined || other === undefined) return []
  const texts = new Map(other.map(({ key, document }) => [keyString(key), document]))
  // A key that is a time is itself another text in another zone.
  const known = base.filter(({ key }) => texts.has(keyString(key)))
  const found = (known.length === 0 ? [] : base).find(({ key, document }) => texts.get(keyString(key)) !== document)
  return found === undefined ? [] : [found.key]
}
