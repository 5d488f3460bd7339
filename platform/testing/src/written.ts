import type { CommandSide } from './commandSide.ts'

/** Everything that has been written on the write side, in short: tables with their number of rows and what is in them. */
export async function written(command: CommandSide): Promise<Record<string, string>> {
  const tables = await command.rows<{ name: string }>(
    `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
     where table_schema = 'tournament' or (table_schema, table_name) = ('cornerman', 'outbox') order by 1`,
  )
  const counts = tables.map(
    ({ name }) =>
      `select '${name}' as name, count(*) || ' rows, ' || coalesce(sum(hashtextextended(t::text, 0)), 0) as holds from ${name} t`,
  )
  const rows = await command.rows<{ name: string; holds: string }>(counts.join(' union all '))
  return Object.fromEntries(rows.map(({ name, holds }) => [name, holds]))
}

export interface OutboxRow {
  id: string
  position: number
  type: string
  aggregatetype: string
  aggregateid: string
  payload: Record<string, unknown>
}

/** The outbox from a position on. */
export async function outboxAfter(command: CommandSide, position: number): Promise<OutboxRow[]> {
  return command.rows<OutboxRow>(
    `select id, position::float8 as position, type, aggregatetype, aggregateid, payload from cornerman.outbox
     where position > $1 order by position`,
    [position],
  )
}
