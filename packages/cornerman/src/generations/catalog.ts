import type { Queryable } from '../database.ts'
import { literal } from '../sql.ts'

/**
 * The catalog of generations, on the primary: `building → live → retained → dropping → dropped`. The store is the truth
 * about what is live; after a crash between the two the catalog is set right by it.
 */
export type GenerationState = 'building' | 'live' | 'retained' | 'dropping' | 'dropped'

export interface Generation {
  readonly version: number
  readonly number: number
  readonly state: GenerationState
  /** A switch to it is announced: it counts as live. */
  readonly switching: boolean
  /** Why it is no longer fed, `null` while it is. */
  readonly broken: string | null
  readonly definitionHash: string
  /** It goes live by itself once it is built: there was nothing to read before it. */
  readonly promoteWhenBuilt: boolean
}

const jsonFields = `json_build_object('version', g.version, 'number', g.number, 'state', g.state, 'switching', g.switching,
  'broken', g.broken, 'definitionHash', g.definition_hash,
  'promoteWhenBuilt', g.promote_when_built)`

/** A scalar expression: the generations of a projection in a store, as a JSON array, dropped ones left out. */
export const generationsExpression = (projection: string, store: string): string =>
  `(select coalesce(json_agg(${jsonFields} order by g.version, g.number), '[]') from cornerman.generations g
    where g.projection = ${literal(projection)} and g.store = ${literal(store)} and g.state <> 'dropped')`

export async function readGenerations(db: Queryable, projection: string, store: string): Promise<Generation[]> {
  const { rows } = await db.query<{ generations: Generation[] }>(
    `select ${generationsExpression(projection, store)} as generations`,
  )
  return rows[0]!.generations
}

/** Those that an attempt writes to, the live one (or the one that is being switched to) last: readers see a change last. */
export function fed(generations: readonly Generation[], version: number): Generation[] {
  const rank = (generation: Generation) => (generation.state === 'live' ? 2 : generation.switching ? 1 : 0)
  return generations
    .filter((each) => each.version === version && each.broken === null && each.state !== 'dropping')
    .sort((a, b) => rank(a) - rank(b))
}

export const countsAsLive = (generation: Generation): boolean => generation.state === 'live' || generation.switching

/** The number that the next generation of this version gets: none is used twice. */
export async function nextNumber(db: Queryable, projection: string, store: string, version: number): Promise<number> {
  const { rows } = await db.query<{ next: number }>(
    'select coalesce(max(number), 0) + 1 as next from cornerman.generations where projection = $1 and store = $2 and version = $3',
    [projection, store, version],
  )
  return rows[0]!.next
}

export interface GenerationId {
  projection: string
  store: string
  version: number
  number: number
}

const idOf = (id: GenerationId) => [id.projection, id.store, id.version, id.number]
const isId = 'projection = $1 and store = $2 and version = $3 and number = $4'

export async function addGeneration(
  db: Queryable,
  id: GenerationId,
  facts: { definitionHash: string; inputs: unknown; promoteWhenBuilt: boolean },
): Promise<void> {
  await db.query(
    `insert into cornerman.generations (projection, store, version, number, state, definition_hash, inputs, promote_when_built)
     values ($1, $2, $3, $4, 'building', $5, $6, $7)`,
    [...idOf(id), facts.definitionHash, JSON.stringify(facts.inputs), facts.promoteWhenBuilt],
  )
}

/** Leaves a generation out from now on, unless it is live or being switched to: those hold the projector up instead. */
export async function markBroken(db: Queryable, id: GenerationId, reason: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `update cornerman.generations set broken = $5 where ${isId} and broken is null and state in ('building', 'retained') and not switching`,
    [...idOf(id), reason],
  )
  return rowCount === 1
}

export async function announceSwitch(db: Queryable, id: GenerationId): Promise<boolean> {
  const { rowCount } = await db.query(
    `update cornerman.generations set switching = true where ${isId} and broken is null and state in ('building', 'retained')`,
    idOf(id),
  )
  return rowCount === 1
}

/** Notes what the store has made live; what was live before is retained. */
export async function noteLive(db: Queryable, id: GenerationId): Promise<void> {
  await db.query(
    `update cornerman.generations set
       state = case when number = $4 then 'live' when state = 'live' then 'retained' else state end,
       switching = switching and number <> $4,
       promoted_at = case when number = $4 then clock_timestamp() else promoted_at end
     where projection = $1 and store = $2 and version = $3 and state in ('building', 'live', 'retained')`,
    idOf(id),
  )
}

export async function noteState(db: Queryable, id: GenerationId, state: 'dropping' | 'dropped'): Promise<void> {
  await db.query(`update cornerman.generations set state = '${state}', switching = false where ${isId}`, idOf(id))
}
