import type { Title } from '@platform/contracts'
import type { NewDivision } from '../divisions/divisionCommands.ts'

type RankedDivision = Pick<NewDivision, 'slug' | 'name' | 'sex' | 'weightClass'> & { limitLbs: number }

const limits: Record<string, number> = {
  Strawweight: 115,
  Flyweight: 125,
  Bantamweight: 135,
  Featherweight: 145,
  Lightweight: 155,
  Welterweight: 170,
  Middleweight: 185,
  'Light Heavyweight': 205,
  Heavyweight: 265,
}
const womens = ['Featherweight', 'Bantamweight', 'Flyweight', 'Strawweight']

/** Bouts of these are on the record and in no ranking. */
const unranked = ['Catch Weight', 'Open Weight', 'Superfight', 'Super Heavyweight']

const slugOf = (name: string) =>
  name
    .toLowerCase()
    .replaceAll("'", '')
    .replace(/[^a-z0-9]+/g, '-')

const ranked: RankedDivision[] = [
  ...Object.entries(limits)
    .filter(([weightClass]) => weightClass !== 'Strawweight')
    .toReversed()
    .map(([weightClass, limitLbs]) => ({
      slug: slugOf(weightClass),
      name: weightClass,
      sex: 'male' as const,
      weightClass,
      limitLbs,
    })),
  ...womens.map((weightClass) => ({
    slug: slugOf(`Women's ${weightClass}`),
    name: `Women's ${weightClass}`,
    sex: 'female' as const,
    weightClass,
    limitLbs: limits[weightClass]!,
  })),
]

/** The divisions that published results are about, in the order of their tabs. */
export const importDivisions: readonly NewDivision[] = [
  ...ranked.map((division, order) => ({ ...division, ranked: true, order })),
  ...unranked.map((name, i) => ({
    slug: slugOf(name),
    name,
    sex: 'male' as const,
    weightClass: name,
    limitLbs: null,
    ranked: false,
    order: 900 + i,
  })),
]

export interface BoutClass {
  divisionSlug: string
  title: Title
  /** In pounds; null where there is none. */
  limitLbs: number | null
}

const weights = Object.keys(limits)
  .sort((a, b) => b.length - a.length)
  .join('|')
// The titles of the promotion itself. Those of a tournament are ordinary bouts of their division.
const titleBout = new RegExp(`^UFC (Interim )?(Women's )?(${weights}) Title Bout$`)
const tournament = new RegExp(`^.*?\\b(Women's )?(${weights}) Tournament Title ?Bout$`)
const plain = new RegExp(`^(Women's )?(${weights}) Bout$`)

/** The division and the title of a bout by what it is called: `UFC Interim Women's Flyweight Title Bout`. */
export function boutClassOf(name: string): BoutClass | undefined {
  const title = titleBout.exec(name)
  if (title !== null) return rankedClass(title[2], title[3]!, title[1] === undefined ? 'undisputed' : 'interim')
  const ordinary = plain.exec(name) ?? tournament.exec(name)
  if (ordinary !== null) return rankedClass(ordinary[1], ordinary[2]!, 'none')
  if (/^Super Heavyweight Bout$/.test(name)) return { divisionSlug: 'super-heavyweight', title: 'none', limitLbs: null }
  if (/^Catch Weight Bout$/.test(name)) return { divisionSlug: 'catch-weight', title: 'none', limitLbs: null }
  if (/\bSuperfight\b.*\bBout$/.test(name)) return { divisionSlug: 'superfight', title: 'none', limitLbs: null }
  // The tournaments of the first years knew no weights.
  if (/^Open Weight Bout$/.test(name) || /\bTournament Title ?Bout$/.test(name))
    return { divisionSlug: 'open-weight', title: 'none', limitLbs: null }
  return undefined
}

function rankedClass(women: string | undefined, weightClass: string, title: Title): BoutClass | undefined {
  const division = ranked.find(
    (each) => each.weightClass === weightClass && each.sex === (women === undefined ? 'male' : 'female'),
  )
  return division && { divisionSlug: division.slug, title, limitLbs: division.limitLbs }
}
