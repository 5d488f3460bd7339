import { isDeepStrictEqual } from 'node:util'
import { Client } from 'pg'
import { computeReadModels, type ExpectedReadModels } from './readModels.ts'
import type { Rules } from './rules.ts'
import { readWriteTables } from './writeTables.ts'

export interface PlatformUrls {
  ownerWrite: string
  /** Of the role that reads the live read models, as the query service does. */
  query: string
}

/** Fields that only help the search: they follow from the name by the search's own rule, which has tests of its own. */
const searchFields: Record<string, readonly string[]> = {
  rankings: ['folded_name', 'division_order', 'sex', 'weight_class'],
}

/**
 * Compares what readers get with what must be there; both ways: missing, extra, different. Empty when all is right. The write
 * side must be at rest, and the read models must have caught up.
 */
export async function differences({ ownerWrite, query }: PlatformUrls, by?: Rules): Promise<string[]> {
  const expected = computeReadModels(await readWriteTables(ownerWrite), by)
  const client = new Client(query)
  await client.connect()
  try {
    return [
      ...(await compareView(client, 'rankings', `division_id || '/' || athlete_id`, expected.rankings)),
      ...(await compareView(client, 'athletes', 'athlete_id::text', expected.athletes)),
      ...(await compareView(client, 'divisions', 'division_id::text', expected.divisions)),
      ...(await comparePlaces(client, expected)),
    ]
  } finally {
    await client.end()
  }
}

async function compareView(
  client: Client,
  projection: string,
  key: string,
  expected: ReadonlyMap<string, object>,
): Promise<string[]> {
  const { rows } = await client.query<{ key: string; document: Record<string, unknown> }>(
    `select ${key} as key, document from read_models.${projection}_v1`,
  )
  const actual = new Map(rows.map((row) => [row.key, without(row.document, searchFields[projection] ?? [])]))
  const missing = [...expected.keys()]
    .filter((each) => !actual.has(each))
    .map((each) => `${projection} ${each}: missing`)
  const extra = [...actual.keys()].filter((each) => !expected.has(each)).map((each) => `${projection} ${each}: extra`)
  const different = [...expected].flatMap(([each, document]) => {
    const found = actual.get(each)
    return found === undefined || isDeepStrictEqual(found, document)
      ? []
      : [`${projection} ${each}: ${fields(document as Record<string, unknown>, found)}`]
  })
  return [...missing, ...extra, ...different]
}

/** Places as they are counted for readers, from the sort keys alone. */
async function comparePlaces(client: Client, { places }: ExpectedReadModels): Promise<string[]> {
  const { rows } = await client.query<{ key: string; place: string }>(
    `select division_id || '/' || athlete_id as key,
       row_number() over (partition by division_id order by champion desc, points desc, wins desc, last_win desc nulls last, athlete_id) as place
     from read_models.rankings_v1 where ranked`,
  )
  return rows.flatMap(({ key, place }) =>
    places.get(key) === Number(place) ? [] : [`place of ${key}: ${place} instead of ${places.get(key)}`],
  )
}

function without(document: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(document).filter(([name]) => !names.includes(name)))
}

function fields(expected: Record<string, unknown>, found: Record<string, unknown>): string {
  const names = [...new Set([...Object.keys(expected), ...Object.keys(found)])].filter(
    (name) => !isDeepStrictEqual(expected[name], found[name]),
  )
  return names
    .map(
      (name) =>
        `${name} is ${JSON.stringify(found[name])?.slice(0, 200)}, not ${JSON.stringify(expected[name])?.slice(0, 200)}`,
    )
    .join('; ')
}
