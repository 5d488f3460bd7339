import type { NewDivision } from '../divisions/divisionCommands.ts'

const lbsPerKg = 2.20462

/** The weight classes of the seed's federation, by their limits in kilograms; the last one has none. */
const classes = {
  male: ['57', '61', '66', '70', '77', '84', '93', '+93'],
  female: ['48', '52', '57', '61', '66', '+66'],
} as const

/** The divisions of the seed's federation: sex × weight class, the heaviest men first. */
export const seedDivisions: readonly NewDivision[] = [...divisionsOf('male', 300), ...divisionsOf('female', 400)]

function divisionsOf(sex: 'male' | 'female', firstOrder: number): NewDivision[] {
  return classes[sex].toReversed().map((limit, i) => {
    const isOpen = limit.startsWith('+')
    const weightClass = isOpen ? `${limit} kg` : `−${limit} kg`
    const slug = `${sex === 'male' ? 'men' : 'women'}-${isOpen ? 'over-' : ''}${limit.replace('+', '')}kg`
    const limitLbs = isOpen ? null : Math.round(Number(limit) * lbsPerKg * 10) / 10
    return {
      slug,
      name: `${sex === 'male' ? 'Men' : 'Women'} ${weightClass}`,
      sex,
      weightClass,
      limitLbs,
      ranked: true,
      order: firstOrder + i,
    }
  })
}
