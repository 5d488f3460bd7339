import { asKeyType } from '../check/keyTypes.ts'
import { isKeyType } from '../projection.ts'
import { snakeCase, type TableColumn, type TableShape } from './tableShape.ts'

/** What `cornerman init` writes when it is given no table. */
export const exampleTable: TableShape = {
  name: 'orders',
  table: 'public.orders',
  relation: 'orders',
  columns: [
    { name: 'id', quoted: 'id', type: 'uuid', keyPlace: 1 },
    { name: 'customer_id', quoted: 'customer_id', type: 'uuid', keyPlace: null },
    { name: 'total', quoted: 'total', type: 'numeric(10,2)', keyPlace: null },
  ],
}

export const configFile = (variable: string, file: string): string => `import { defineConfig } from 'cornerman'
import { ${variable} } from './${file}'

export default defineConfig({
  projections: [${variable}],
})
`

/** A projection of one document per row, to begin with. */
export function projectionFile(shape: TableShape): string {
  const { name, columns } = shape
  const table = inTemplate(shape.table)
  const keys = keyColumns(columns)
  const event = pascalCase(shape.relation)
  const fields = keys.map(({ column }) => `${member(column.name)}: string`)
  const keyOf = (row: string) => `[${keys.map(({ column }) => field(row, column.name)).join(', ')}]`
  return `import { defineProjection, sql } from 'cornerman'
import { postgres } from 'cornerman/postgres'

/** What the trigger appends (\`cornerman outbox trigger ${shape.table}\`): keys are text. */
interface RowChanged<T extends string> {
  type: T
  ${fields.join('\n  ')}
  /** The key before an update. */
  previous?: { ${fields.join('; ')} }
}

type Event = RowChanged<'${event}Inserted'> | RowChanged<'${event}Updated'> | RowChanged<'${event}Deleted'>

/** The keys whose documents the event makes stale: the row's own, and the one that it had before. */
const changed = (e: Event) => [${keyOf('e')}, ...(e.previous ? [${keyOf('e.previous')}] : [])]

export const ${variableOf(shape)} = defineProjection<Event>({
  name: '${name}',
  version: 1,
  key: { ${keys.map(({ alias, type }) => `${alias}: '${type}'`).join(', ')} },
  on: { ${event}Inserted: changed, ${event}Updated: changed, ${event}Deleted: changed },
  keys: sql\`select ${keys.map(({ value, alias }) => `${inTemplate(value)} as ${alias}`).join(', ')} from ${table} t\`,
  document: sql\`
    select ${keys.map(({ alias }) => `k.${alias}`).join(', ')}, ${documentOf(columns)} as document
    from keys k join ${table} t on ${keys.map(({ value, alias }) => `${inTemplate(value)} = k.${alias}`).join(' and ')}\`,
  store: postgres(${storeColumns(
    columns,
    keys.map(({ alias }) => alias),
  )}),
  freshness: { sla: '30s' },
})
`
}

interface KeyColumn {
  readonly column: TableColumn
  /** Its name in the key: lower case, fit for any store. */
  readonly alias: string
  readonly type: string
  /** The expression over the row \`t\`. */
  readonly value: string
}

function keyColumns(columns: readonly TableColumn[]): KeyColumn[] {
  const keys = columns.filter(({ keyPlace }) => keyPlace !== null).sort((a, b) => a.keyPlace! - b.keyPlace!)
  return keys.map((column) => {
    const alias = isPlain(column.name) ? column.name : snakeCase(column.name)
    const type = asKeyType(column.type)
    const value = `t.${column.quoted}`
    // A type of the application's own is text in the key.
    return isKeyType(type) ? { column, alias, type, value } : { column, alias, type: 'text', value: `${value}::text` }
  })
}

/** A function of PostgreSQL takes 100 arguments. */
const fieldsAtOnce = 40

function documentOf(columns: readonly TableColumn[]): string {
  const fields = columns.map(
    ({ name, quoted, type }) =>
      `      '${inTemplate(name.replaceAll("'", "''"))}', ${valueOf(`t.${inTemplate(quoted)}`, type)}`,
  )
  const parts: string[] = []
  for (let from = 0; from < fields.length; from += fieldsAtOnce)
    parts.push(`jsonb_build_object(\n${fields.slice(from, from + fieldsAtOnce).join(',\n')}\n    )`)
  return parts.join(' || ')
}

/** A time with its zone is printed in the session's: so it says UTC itself. */
const valueOf = (column: string, type: string) =>
  /^timestamp(\(\d\))? with time zone$/.test(type)
    ? `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
    : column

const storable = [
  'text',
  'character varying',
  'integer',
  'bigint',
  'smallint',
  'numeric',
  'boolean',
  'uuid',
  'date',
  'timestamp with time zone',
  'timestamp without time zone',
]

/** Columns by which readers filter and sort. The store has some names of its own. */
function storeColumns(columns: readonly TableColumn[], keys: readonly string[]): string {
  const taken = [...keys, 'document', 'search']
  const lines = columns.flatMap(({ name, type }) => {
    const plain = type.replace(/\(.*?\)/, '')
    return /^[a-z][a-z0-9_]*$/.test(name) && storable.includes(plain) && !taken.includes(name)
      ? [`      ${name}: '${plain}',`]
      : []
  })
  return lines.length === 0 ? '' : `{\n    columns: {\n${lines.join('\n')}\n    },\n  }`
}

const isPlain = (name: string) => /^[a-z_][a-z0-9_]*$/.test(name)
const isIdentifier = (name: string) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)
const member = (name: string) => (isIdentifier(name) ? name : JSON.stringify(name))
const field = (row: string, name: string) => (isIdentifier(name) ? `${row}.${name}` : `${row}[${JSON.stringify(name)}]`)
const inTemplate = (text: string) => text.replaceAll(/[`\\]|\$\{/g, '\\$&')

/** As the trigger names its events. */
function pascalCase(name: string): string {
  const words = name.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '')
  return words.length === 0 ? 'Row' : words.map((word) => word.replace(/^./u, (first) => first.toUpperCase())).join('')
}

const reserved =
  'arguments await break case catch changed class const continue debugger default defineProjection delete do else enum eval export extends false finally for function if implements import in instanceof interface let new null package postgres private protected public return sql static super switch this throw true try typeof undefined var void while with yield'.split(
    ' ',
  )

/** `order_items` → `orderItems`: what the projection is called in the code. */
export function variableOf({ name }: TableShape): string {
  const variable = name.replaceAll(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()).replaceAll('_', '')
  return reserved.includes(variable) ? `${variable}Rows` : variable
}
