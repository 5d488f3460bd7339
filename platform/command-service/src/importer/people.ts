import { randomUUID } from 'node:crypto'
import { type NewAthlete, registerAthletes } from '../athletes/athleteCommands.ts'
import type { Database } from '../database/database.ts'
import { fromName, type PublishedFighter } from './parse.ts'

interface Person {
  id: string
  name: string
  weightLbs: number | null
}

const registeredAtOnce = 500

/** Who is meant by a name: the people that an import has brought, by name. */
export class People {
  readonly #byName = new Map<string, Person[]>()
  readonly #refs = new Set<string>()
  readonly #unlisted: NewAthlete[] = []

  static async load(db: Database): Promise<People> {
    const people = new People()
    const rows = await db
      .selectFrom('tournament.athletes')
      .select(['id', 'name', 'listed_weight_lbs', 'source_ref'])
      .where('source_ref', 'is not', null)
      .execute()
    for (const row of rows)
      people.#add(
        {
          id: row.id,
          name: row.name,
          weightLbs: row.listed_weight_lbs === null ? null : Number(row.listed_weight_lbs),
        },
        row.source_ref!,
      )
    return people
  }

  /** Registers the listed fighters that are new; returns how many. */
  async register(db: Database, fighters: readonly PublishedFighter[]): Promise<number> {
    const missing: NewAthlete[] = []
    for (const { name, weightLbs, ref } of fighters) {
      // Somebody who was taken from a name alone before is this one.
      if (this.#refs.has(ref) || this.#refs.has(fromName(name))) continue
      const id = randomUUID()
      this.#add({ id, name, weightLbs }, ref)
      missing.push({ id, name, listedWeightLbs: weightLbs, sourceRef: ref })
    }
    for (let from = 0; from < missing.length; from += registeredAtOnce) {
      await db.transaction().execute((trx) => registerAthletes(trx, missing.slice(from, from + registeredAtOnce)))
    }
    return missing.length
  }

  /**
   * The two who are meant by the names in a bout of this limit. Of two of one name it is the one whose listed weight is nearest;
   * a tie is nobody, and then the bout is nobody's. Whom nobody lists is made from the name.
   */
  find(names: readonly [string, string], limitLbs: number | null): { ids: [string, string] } | { reason: string } {
    const [a, b] = [this.#listed(names[0], limitLbs), this.#listed(names[1], limitLbs)]
    if ('reason' in a) return a
    if ('reason' in b) return b
    return { ids: [a.id ?? this.#fromName(names[0]), b.id ?? this.#fromName(names[1])] }
  }

  #listed(name: string, limitLbs: number | null): { id: string | undefined } | { reason: string } {
    const people = this.#byName.get(name) ?? []
    if (people.length < 2) return { id: people[0]?.id }
    const distance = ({ weightLbs }: Person) =>
      limitLbs === null || weightLbs === null ? Number.POSITIVE_INFINITY : Math.abs(weightLbs - limitLbs)
    const [nearest, next] = people.toSorted((a, b) => distance(a) - distance(b))
    if (distance(nearest!) < distance(next!)) return { id: nearest!.id }
    return {
      reason: `${people.length} fighters are called ${name}, and their listed weights do not tell which of them it was`,
    }
  }

  /** Those that were made from a name since the last call: they are registered with the bouts that they fought. */
  takeUnlisted(): NewAthlete[] {
    return this.#unlisted.splice(0)
  }

  #fromName(name: string): string {
    const id = randomUUID()
    this.#add({ id, name, weightLbs: null }, fromName(name))
    this.#unlisted.push({ id, name, sourceRef: fromName(name) })
    return id
  }

  #add(person: Person, ref: string): void {
    this.#refs.add(ref)
    const same = this.#byName.get(person.name)
    if (same === undefined) this.#byName.set(person.name, [person])
    else same.push(person)
  }
}
