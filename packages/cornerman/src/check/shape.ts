import type { Connection } from '../database.ts'
import type { Problem } from '../problem.ts'
import { type AnyEvent, type EventMapping, type Projection, titleOf } from '../projection.ts'
import { isQueryMapping, parameterTypes } from '../projector/compile.ts'
import { bare, identifier, renderSql, type Sql } from '../sql.ts'
import { faultProblem } from './fault.ts'
import { asKeyType, type KeyTypes, keyTypes, sameType } from './keyTypes.ts'

/** What is wrong with the shape of the queries, and which of them can be looked at more closely. */
export interface Shape {
  readonly problems: readonly Problem[]
  readonly keysRun: boolean
  readonly documentRuns: boolean
}

/** Whether the queries parse, and return the columns that they must. Each is looked at by itself. */
export async function checkShape(connection: Connection, projection: Projection): Promise<Shape> {
  const { types, problems } = await keyTypes(connection, projection)
  const of: Subject = { connection, projection, types }
  const keys = await checkKeys(of)
  // With a type that is not known there is no relation `keys` to parse it with.
  const typed = types.size === projection.keyColumns.length
  const document = typed ? await checkDocument(of) : []
  const mappings: Problem[] = []
  for (const mapping of [...projection.mappings.values()].flat().filter(isQueryMapping)) {
    mappings.push(...(await checkMapping(of, mapping)))
  }
  return {
    problems: [...problems, ...keys, ...document, ...mappings],
    keysRun: typed && keys.length === 0,
    documentRuns: typed && document.length === 0,
  }
}

/** The relation `keys` without a row: what the document query is parsed with, whatever the keys query is like. */
export const emptyKeys = ({ key }: Pick<Projection, 'key'>): string =>
  `with keys as (select ${Object.entries(key)
    .map(([name, type]) => `null::${type} as ${identifier(name)}`)
    .join(', ')} where false)`

interface Subject {
  readonly connection: Connection
  readonly projection: Projection
  readonly types: KeyTypes
}

async function checkKeys({ connection, projection, types }: Subject): Promise<Problem[]> {
  const where = `${titleOf(projection)}, keys`
  try {
    return keyColumnProblems(where, types, await describe(connection, projection.keys))
  } catch (error) {
    return [faultProblem(where, error)]
  }
}

async function checkDocument({ connection, projection, types }: Subject): Promise<Problem[]> {
  const where = `${titleOf(projection)}, document`
  try {
    const columns = await describe(connection, projection.document, emptyKeys(projection))
    return [...keyColumnProblems(where, types, columns), ...documentColumnProblems(where, columns)]
  } catch (error) {
    return [faultProblem(where, error)]
  }
}

function documentColumnProblems(where: string, columns: readonly Column[]): Problem[] {
  const found = columns.find(({ name }) => name === 'document')
  if (found === undefined) {
    const message = `returns no column document; it returns ${names(columns)}`
    return [{ where, message, hint: 'select the key columns and jsonb_build_object(…) as document' }]
  }
  if (['json', 'jsonb', 'text'].includes(found.type)) return []
  return [
    { where, message: `the column document is of type ${found.type}`, hint: 'make it json, jsonb, or JSON as text' },
  ]
}

async function checkMapping({ connection, projection, types }: Subject, of: EventMapping): Promise<Problem[]> {
  const where = `${titleOf(projection)}, on.${of.eventType}`
  const piece = of.mapping as Sql<AnyEvent>
  try {
    const parameters = await parameterTypes(connection, bare(renderSql(piece, (index) => `$${index + 1}`).text))
    const typed = renderSql(piece, (index) => `null::${parameters[index]}`).text
    return keyColumnProblems(where, types, await describe(connection, typed))
  } catch (error) {
    return [faultProblem(where, error)]
  }
}

interface Column {
  name: string
  type: string
  oid: number
}

/** The columns of a query. Nothing is executed. */
async function describe(connection: Connection, query: string, before = ''): Promise<Column[]> {
  const { fields } = await connection.query(`${before} select * from (${bare(query)}) as q limit 0`)
  const { rows } = await connection.query<{ types: string[] }>(
    'select array(select format_type(f.oid, f.mod) from unnest($1::oid[], $2::int[]) with ordinality as f(oid, mod, place) order by place) as types',
    [fields.map((field) => field.dataTypeID), fields.map((field) => field.dataTypeModifier)],
  )
  return fields.map((field, i) => ({ name: field.name, oid: field.dataTypeID, type: rows[0]!.types[i]! }))
}

function keyColumnProblems(where: string, types: KeyTypes, columns: readonly Column[]): Problem[] {
  return [...types].flatMap(([name, wanted]): Problem[] => {
    const [found, again] = columns.filter((column) => column.name === name)
    if (found === undefined) {
      const message = `does not return the key column ${name}; it returns ${names(columns)}`
      return [{ where, message, hint: `select … as ${identifier(name)}` }]
    }
    if (again !== undefined)
      return [{ where, message: `returns ${name} twice`, hint: 'name the columns instead of *, each once' }]
    if (sameType(wanted, found)) return []
    const message = `returns ${name} as ${found.type}, but the key says ${wanted.given}`
    return [
      {
        where,
        message,
        hint: `write ${asKeyType(found.type)} in the key, or cast the column: ${name}::${wanted.given}`,
      },
    ]
  })
}

const names = (columns: readonly Column[]) => columns.map((column) => column.name).join(', ') || 'nothing'
