import { type Address, allDivisions } from '../address/address.ts'

export const pageSize = 25

/** Which division the list shows: the one that the address names; all while somebody searches; else the first. */
export function scopeOf({ division, q }: Address, first: string | undefined): string | undefined {
  return division ?? (q === undefined ? first : allDivisions)
}

/** The list as a question to the query service. */
export function rankingsQuestion(address: Address, scope: string): string {
  const { q, sex, weightClass, country, finishes, active, sort, cursor } = address
  const asked = {
    division: scope === allDivisions ? undefined : scope,
    q,
    sex: scope === allDivisions ? sex : undefined,
    weightClass: scope === allDivisions ? weightClass : undefined,
    country,
    finishes,
    active,
    sort,
    limit: pageSize,
    cursor,
  }
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(asked)) if (value !== undefined) query.set(name, String(value))
  return `/rankings?${query}`
}
