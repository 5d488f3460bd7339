import { randomUUID } from 'node:crypto'
import type { PlatformEvent } from '@platform/contracts'
import { publish, type WriteTransaction } from '../outbox.ts'
import { conflict, notFound } from '@platform/http'

export interface NewAthlete {
  id?: string
  name: string
  nickname?: string | null | undefined
  country?: string | null | undefined
  listedWeightLbs?: number | null
  synthetic?: boolean
  sourceRef?: string
}

export async function registerAthletes(
  trx: WriteTransaction,
  athletes: readonly NewAthlete[],
): Promise<{ ids: string[]; position: number }> {
  const rows = athletes.map((athlete) => ({
    id: athlete.id ?? randomUUID(),
    name: athlete.name,
    nickname: athlete.nickname ?? null,
    country: athlete.country ?? null,
    listed_weight_lbs: athlete.listedWeightLbs ?? null,
    synthetic: athlete.synthetic ?? false,
    source_ref: athlete.sourceRef ?? null,
  }))
  await trx.insertInto('tournament.athletes').values(rows).execute()
  const position = await publish(
    trx,
    rows.map((row) => ({ type: 'AthleteRegistered', athleteId: row.id })),
  )
  return { ids: rows.map((row) => row.id), position }
}

export interface AthleteChange {
  name?: string | undefined
  nickname?: string | null | undefined
  country?: string | null | undefined
}

/** Changes what is known of an athlete; a new name and other facts are events of their own. */
export async function changeAthlete(
  trx: WriteTransaction,
  id: string,
  change: AthleteChange,
): Promise<{ position: number }> {
  const before = await trx
    .selectFrom('tournament.athletes')
    .select(['name', 'nickname', 'country'])
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  if (before === undefined) throw notFound('athlete', id, 'id')
  const after = {
    name: change.name ?? before.name,
    nickname: keep(change.nickname, before.nickname),
    country: keep(change.country, before.country),
  }
  const events: PlatformEvent[] = [
    ...(after.name === before.name ? [] : [{ type: 'AthleteRenamed' as const, athleteId: id }]),
    ...(after.nickname === before.nickname && after.country === before.country
      ? []
      : [{ type: 'AthleteUpdated' as const, athleteId: id }]),
  ]
  if (events.length === 0) throw conflict('NOTHING_CHANGES', `athlete ${id} has these values already`)
  await trx.updateTable('tournament.athletes').set(after).where('id', '=', id).execute()
  return { position: await publish(trx, events) }
}

const keep = <T>(given: T | undefined, before: T): T => (given === undefined ? before : given)
