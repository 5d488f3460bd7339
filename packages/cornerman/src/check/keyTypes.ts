import type { Connection } from '../database.ts'
import { sqlState } from '../postgresFault.ts'
import type { Problem } from '../problem.ts'
import { type Projection, titleOf } from '../projection.ts'

/** A type of the key as the projection says it, and as this database knows it. */
export interface KeyType {
  readonly given: string
  /** As PostgreSQL writes it. */
  readonly name: string
  /** The type itself; for a domain the type below, as queries return it. */
  readonly oid: number
}

/** By column, in the key's order; without those that the database does not know. */
export type KeyTypes = ReadonlyMap<string, KeyType>

/**
 * Types in which equal values can be different texts. A key is text in names, stores and events, so one row would have two
 * keys there: 1.5 and 1.50.
 */
const ambiguous: Record<string, string> = {
  numeric: 'give it a scale, numeric(10,2), or make it bigint',
  real: 'make it an integer, or text',
  'double precision': 'make it an integer, or text',
  interval: 'make it a number of seconds, or text',
  citext: 'take lower(…)::text in keys, document and mappings',
  json: 'take the field that names the row',
  jsonb: 'take the field that names the row',
  xml: 'take the field that names the row',
}

export async function keyTypes(
  connection: Connection,
  projection: Projection,
): Promise<{ types: KeyTypes; problems: Problem[] }> {
  const where = `${titleOf(projection)}, key`
  const types = new Map<string, KeyType>()
  const problems: Problem[] = []
  for (const [column, given] of Object.entries(projection.key)) {
    const type = await typeOf(connection, given)
    if (type === undefined) {
      problems.push({
        where,
        message: `the type ${given} of ${column} is not known in this database`,
        hint: 'write it as psql shows it in \\d, and make it before: uuid, text, bigint, date',
      })
      continue
    }
    types.set(column, type)
    const cure = ambiguous[type.name]
    if (cure !== undefined)
      problems.push({
        where,
        message: `${column} is of the type ${type.name}, in which equal values can be written in several ways`,
        hint: cure,
      })
  }
  return { types, problems }
}

async function typeOf(connection: Connection, given: string): Promise<KeyType | undefined> {
  try {
    // A cast keeps the modifier: numeric(10,2).
    const { fields } = await connection.query(`select null::${given} limit 0`)
    const [field] = fields
    const { rows } = await connection.query<{ name: string }>('select format_type($1, $2) as name', [
      field!.dataTypeID,
      field!.dataTypeModifier,
    ])
    return { given, name: rows[0]!.name, oid: field!.dataTypeID }
  } catch (error) {
    if (sqlState(error)?.startsWith('42')) return undefined
    throw error
  }
}

/** Types in which the modifier decides how a value is written, or cuts it. */
const byModifier = /^(numeric|character(?! varying)|bit)/

export function sameType(key: KeyType, column: { oid: number; type: string }): boolean {
  return key.oid === column.oid && (!byModifier.test(key.name) || key.name === column.type)
}

/** A column's type as a key should say it. */
export const asKeyType = (type: string): string => (byModifier.test(type) ? type : type.replace(/\(.*?\)/, ''))
