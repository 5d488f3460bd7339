import { randomUUID } from 'node:crypto'
import type { Pool } from 'pg'
import { rowsOf } from './databases.ts'

export interface Division {
  readonly id: string
  readonly athletes: readonly string[]
}

export interface Bout {
  readonly id: string
  readonly athlete_a: string
  readonly athlete_b: string
}

/** A day of fights, this year: its bouts count in full. */
export async function createEvent(write: Pool): Promise<string> {
  const id = randomUUID()
  await write.query(`insert into tournament.events (id, name, date) values ($1, 'Bench Night', current_date - 30)`, [
    id,
  ])
  return id
}

export async function createDivision(write: Pool, name: string, athletes: number): Promise<Division> {
  const id = randomUUID()
  await write.query(
    `insert into tournament.divisions (id, slug, name, sex, weight_class, display_order) values ($1, $2, $2, 'female', $2, 1)`,
    [id, name],
  )
  const rows = await rowsOf<{ id: string }>(
    write,
    `insert into tournament.athletes (id, name, country, synthetic)
     select gen_random_uuid(), $1 || ' athlete ' || i, 'PL', true from generate_series(1, $2::int) i returning id`,
    [name, athletes],
  )
  return { id, athletes: rows.map((row) => row.id) }
}

/** Bouts between neighbours in the list, from `from` on; with a result (the first of the two has won), or still without. */
export async function createBouts(
  write: Pool,
  eventId: string,
  division: Division,
  {
    count,
    from = 0,
    completed,
    title = 'none',
    cardOrder = 100_000,
  }: { count: number; from?: number; completed: boolean; title?: string; cardOrder?: number },
): Promise<Bout[]> {
  const athlete = (place: number) => division.athletes[place % division.athletes.length]!
  const places = Array.from({ length: count }, (_, i) => from + 2 * i)
  return rowsOf<Bout>(
    write,
    `insert into tournament.matches (id, event_id, division_id, athlete_a, athlete_b, card_order, title, outcome, winner_id, method, completed_at)
     select gen_random_uuid(), $1, $2, a, b, $7 + place, $5, case when $6 then 'win' end, case when $6 then a end,
       case when $6 then 'submission' end, case when $6 then now() end
     from unnest($3::uuid[], $4::uuid[]) with ordinality as u(a, b, place)
     returning id, athlete_a, athlete_b`,
    [eventId, division.id, places.map(athlete), places.map((place) => athlete(place + 1)), title, completed, cardOrder],
  )
}
