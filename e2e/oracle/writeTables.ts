import { Client, types } from 'pg'

/** The system of record, row by row: what the oracle computes from, and nothing else. */
export interface WriteTables {
  divisions: DivisionRow[]
  athletes: AthleteRow[]
  matches: MatchRow[]
  /** The ranking date of the latest period. */
  rankingDate: string
  /** `division/athlete` → place, as published with the latest period. */
  published: Map<string, number>
}

export interface DivisionRow {
  id: string
  slug: string
  name: string
  sex: string
  weight_class: string
  limit_lbs: number | null
  ranked: boolean
  display_order: number
}

export interface AthleteRow {
  id: string
  name: string
  nickname: string | null
  country: string | null
  synthetic: boolean
}

export interface MatchRow {
  id: string
  division_id: string
  athlete_a: string
  athlete_b: string
  card_order: number
  title: 'none' | 'interim' | 'undisputed'
  outcome: 'win' | 'draw' | 'no_contest' | 'overturned' | null
  winner_id: string | null
  method: string | null
  round: number | null
  time: string | null
  event: string
  date: string
}

const [int8, numeric, date] = [20, 1700, 1082]

/** Reads the write tables in one snapshot. `url` is of a role that may read them: the owner. */
export async function readWriteTables(url: string): Promise<WriteTables> {
  const client = new Client({
    connectionString: url,
    types: {
      getTypeParser: (oid, format) => {
        if (oid === int8 || oid === numeric) return Number
        return oid === date ? (text: string) => text : types.getTypeParser(oid, format as 'text')
      },
    },
  })
  await client.connect()
  try {
    await client.query('begin isolation level repeatable read')
    const rows = async <T>(text: string) => (await client.query(text)).rows as T[]
    const [period] = await rows<{ id: string; ranking_date: string }>(
      'select id, ranking_date from tournament.ranking_periods order by number desc limit 1',
    )
    const places = await rows<{ division_id: string; athlete_id: string; place: number }>(
      `select division_id, athlete_id, place from tournament.published_places where period_id = '${period!.id}'`,
    )
    return {
      divisions: await rows(
        'select id, slug, name, sex, weight_class, limit_lbs, ranked, display_order from tournament.divisions',
      ),
      athletes: await rows('select id, name, nickname, country, synthetic from tournament.athletes'),
      matches:
        await rows(`select m.id, m.division_id, m.athlete_a, m.athlete_b, m.card_order, m.title, m.outcome, m.winner_id, m.method, m.round, m.time, e.name as event, e.date
        from tournament.matches m, tournament.events e where e.id = m.event_id`),
      rankingDate: period!.ranking_date,
      published: new Map(places.map((each) => [`${each.division_id}/${each.athlete_id}`, each.place])),
    }
  } finally {
    await client.end()
  }
}
