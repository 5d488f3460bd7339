import type { RankingRow, RankingsAnswer } from '@platform/contracts'
import type { Urls } from './platform.ts'

export interface PostedResult {
  winner: RankingRow
  before: number
  after: number
  /** From the answer of the command to the answer of the rankings query that shows it. */
  visibleMs: number
}

/** Posts a result between the first two of a division, and waits until the rankings show it. */
export async function postOneResult({ commandApi, queryApi }: Urls): Promise<PostedResult> {
  const division = await aDivision(queryApi)
  const [, winner, loser] = (await get<RankingsAnswer>(`${queryApi}/rankings?division=${division}&limit=3`)).data
  if (winner === undefined || loser === undefined)
    throw new Error(`the division ${division} has fewer than three ranked athletes`)
  const today = new Date().toISOString().slice(0, 10)
  const event = await post<{ id: string }>(`${commandApi}/events`, { name: 'Demo Night', date: today })
  const match = await post<{ id: string }>(`${commandApi}/matches`, {
    eventId: event.id,
    divisionId: winner.division.id,
    athleteIds: [winner.athlete.id, loser.athlete.id],
  })
  const { position } = await post<{ position: number }>(`${commandApi}/matches/result`, {
    matchId: match.id,
    winnerId: winner.athlete.id,
    method: 'submission',
    round: 2,
    time: '3:21',
  })
  const postedAt = performance.now()
  const answer = await reflecting(`${queryApi}/rankings?division=${division}&limit=100`, position)
  const visibleMs = performance.now() - postedAt
  const shown = answer.data.find((row) => row.athlete.id === winner.athlete.id)
  if (shown?.points !== winner.points + 120)
    throw new Error(
      `the rankings do not show the result: ${winner.athlete.name} had ${winner.points} points and has ${shown?.points}`,
    )
  return { winner, before: winner.points, after: shown.points, visibleMs }
}

const patienceMs = 30_000

/** The answer that reflects the position. One query waits for some seconds; a projector that was killed may take longer. */
async function reflecting(url: string, position: number): Promise<RankingsAnswer> {
  const deadline = performance.now() + patienceMs
  for (;;) {
    const answer = await get<RankingsAnswer>(`${url}&after=${position}`)
    if (answer.meta.after?.reached === true) return answer
    if (performance.now() > deadline)
      throw new Error(
        `the rankings do not reflect position ${position} after ${patienceMs / 1_000} s; they are ${answer.meta.state}, at position ${answer.meta.position}`,
      )
  }
}

async function aDivision(queryApi: string): Promise<string> {
  const { data } = await get<{ data: { slug: string; athletes: number }[] }>(`${queryApi}/divisions`)
  const largest = data.toSorted((a, b) => b.athletes - a.athletes)[0]
  if (largest === undefined) throw new Error('there are no divisions')
  return largest.slug
}

async function get<T>(url: string): Promise<T> {
  return told<T>(await fetch(url), `GET ${url}`)
}

async function post<T>(url: string, body: object): Promise<T> {
  return told<T>(
    await fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
    `POST ${url}`,
  )
}

async function told<T>(response: Response, what: string): Promise<T> {
  if (!response.ok) throw new Error(`${what} was answered with ${response.status}: ${await response.text()}`)
  return (await response.json()) as T
}
