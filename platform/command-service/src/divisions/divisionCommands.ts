import { randomUUID } from 'node:crypto'
import { publish, type WriteTransaction } from '../outbox.ts'
import { conflict, notFound } from '@platform/http'

export interface NewDivision {
  id?: string
  slug: string
  name: string
  sex: 'male' | 'female'
  weightClass: string
  limitLbs?: number | null | undefined
  ranked?: boolean | undefined
  order?: number | undefined
}

export async function createDivisions(
  trx: WriteTransaction,
  divisions: readonly NewDivision[],
): Promise<{ ids: string[]; position: number }> {
  const rows = divisions.map((division) => ({
    id: division.id ?? randomUUID(),
    slug: division.slug,
    name: division.name,
    sex: division.sex,
    weight_class: division.weightClass,
    limit_lbs: division.limitLbs ?? null,
    ranked: division.ranked ?? true,
    display_order: division.order ?? 1_000,
  }))
  const slugs = rows.map((row) => row.slug)
  const taken = await trx
    .selectFrom('tournament.divisions')
    .select('slug')
    .where('slug', 'in', slugs)
    .executeTakeFirst()
  if (taken !== undefined) throw conflict('DIVISION_EXISTS', `there is a division ${taken.slug} already`)
  await trx.insertInto('tournament.divisions').values(rows).execute()
  const position = await publish(
    trx,
    rows.map((row) => ({ type: 'DivisionCreated', divisionId: row.id })),
  )
  return { ids: rows.map((row) => row.id), position }
}

export async function renameDivision(trx: WriteTransaction, id: string, name: string): Promise<{ position: number }> {
  const before = await trx
    .selectFrom('tournament.divisions')
    .select('name')
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  if (before === undefined) throw notFound('division', id, 'id')
  if (before.name === name) throw conflict('NOTHING_CHANGES', `division ${id} has this name already`)
  await trx.updateTable('tournament.divisions').set({ name }).where('id', '=', id).execute()
  return { position: await publish(trx, [{ type: 'DivisionRenamed', divisionId: id }]) }
}
