import type { AthleteAnswer, RankingRow } from '@platform/contracts'
import { dayText } from '../rankings/words.ts'

export type Bout = AthleteAnswer['data']['bouts'][number]

const finishes = new Set(['ko_tko', 'doctors_stoppage', 'submission'])

/** What a bout was worth at its date, as the ranking rule makes it up; only the number where the rule would say another. */
export function worthText(bout: Pick<Bout, 'worth' | 'result' | 'method' | 'title' | 'overturned'>): string {
  if (bout.overturned) return 'overturned: nothing'
  if (bout.result === 'L') return 'loss: nothing'
  if (bout.result === 'NC') return 'no contest: nothing'
  const isFinish = bout.result === 'W' && finishes.has(bout.method ?? '')
  const parts = [bout.result === 'D' ? { name: 'draw', points: 50 } : { name: 'win', points: 100 }]
  if (isFinish) parts.push({ name: 'finish', points: 20 })
  const isDoubled = bout.title !== 'none'
  const sum = parts.reduce((total, part) => total + part.points, 0) * (isDoubled ? 2 : 1)
  if (sum !== bout.worth) return `${bout.worth}`
  const text = parts.map(({ name, points }) => `${name} ${points}`).join(' + ')
  return isDoubled ? `${parts.length > 1 ? `(${text})` : text} × 2 for the title` : text
}

/** How much of its worth a bout still counts. */
export function shareText({ share }: Pick<Bout, 'share'>): string {
  if (share === 1) return 'in full'
  if (share === 0.5) return 'by half: over 12 months ago'
  return share === 0 ? 'no more: over 24 months ago' : `× ${share}`
}

/** `240 × ½ = 120`: what every bout adds to the points. */
export function sumText({ worth, share, points }: Pick<Bout, 'worth' | 'share' | 'points'>): string {
  if (worth === 0) return '0'
  const factor = share === 0.5 ? '½' : String(share)
  return `${worth} × ${factor} = ${points}`
}

const methodWords: Record<string, string> = {
  ko_tko: 'KO/TKO',
  doctors_stoppage: 'doctor’s stoppage',
  could_not_continue: 'could not continue',
}

/** `submission, round 2, 3:21` */
export function endingText({ method, round, time }: Pick<Bout, 'method' | 'round' | 'time'>): string {
  const decision = /^decision_(\w+)$/.exec(method ?? '')?.[1]
  const how =
    method === null
      ? undefined
      : decision === undefined
        ? (methodWords[method] ?? method.replaceAll('_', ' '))
        : `${decision} decision`
  const when = decision !== undefined || round === null ? undefined : `round ${round}`
  return [how, when, decision === undefined ? time : undefined].filter((part) => part != null).join(', ')
}

export type Neighbour = Pick<RankingRow, 'place' | 'champion' | 'points' | 'wins' | 'lastWin'> & {
  athlete: { id: string; name: string }
}

/** Why an athlete stands where she stands: what parts her from those next to her, in the order in which the rule looks. */
export function placeReasons(rows: readonly Neighbour[], athleteId: string): string[] {
  const i = rows.findIndex((row) => row.athlete.id === athleteId)
  const own = rows[i]
  if (own?.place == null) return []
  const above = rows[i - 1]
  const below = rows[i + 1]
  const reasons = own.champion ? ['The champion stands first, whatever the points.'] : []
  if (above !== undefined) reasons.push(`${behind(own, above)}.`)
  if (below !== undefined && !own.champion) reasons.push(`${ahead(own, below)}.`)
  return reasons
}

function behind(own: Neighbour, above: Neighbour): string {
  const name = above.athlete.name
  if (above.champion && above.points <= own.points) return `Behind ${name}, who is the champion`
  if (above.points > own.points) return `${points(above.points - own.points)} behind ${name}`
  return `Level with ${name} on points; ${name} ${tieBreak(above, own)}`
}

function ahead(own: Neighbour, below: Neighbour): string {
  const name = below.athlete.name
  if (own.points > below.points) return `${points(own.points - below.points)} ahead of ${name}`
  return `Level with ${name} on points, but ${tieBreak(own, below)}`
}

/** What the one who stands first has more of, when both have the same points. */
function tieBreak(first: Neighbour, second: Neighbour): string {
  if (first.wins > second.wins) return `has more wins that count (${first.wins} to ${second.wins})`
  if (first.lastWin !== null && first.lastWin !== second.lastWin)
    return `has won more lately (${dayText(first.lastWin)})`
  return 'comes first in the register'
}

const points = (n: number) => `${n} ${n === 1 ? 'point' : 'points'}`
