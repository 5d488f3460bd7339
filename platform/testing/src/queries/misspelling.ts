/** What goes wrong when a name is typed. */
export const mistakes = [
  'a letter inserted',
  'a letter dropped',
  'two letters swapped',
  'a letter replaced',
  'no accents',
] as const
export type Mistake = (typeof mistakes)[number]

const letters = [...'abcdefghijklmnopqrstuvwxyz']

/** What keyboards without these letters make of them. */
const plain: Record<string, string> = {
  ł: 'l',
  Ł: 'L',
  ø: 'o',
  Ø: 'O',
  đ: 'd',
  Đ: 'D',
  ð: 'd',
  ı: 'i',
  þ: 't',
  Þ: 'T',
  ß: 'ss',
  æ: 'ae',
  Æ: 'Ae',
  œ: 'oe',
}

/** Makes mistakes in names: the same for the same seed (mulberry32). */
export class Misspelling {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  pick<T>(list: readonly T[]): T {
    return list[this.#below(list.length)]!
  }

  /** The name with one mistake in it, which never touches the blanks between the words. */
  of(name: string, mistake: Mistake): string {
    if (mistake === 'no accents') return withoutAccents(name)
    const characters = [...name]
    const at = this.#letterOf(characters, mistake)
    if (mistake === 'a letter inserted') characters.splice(at, 0, this.pick(letters))
    else if (mistake === 'a letter dropped') characters.splice(at, 1)
    else if (mistake === 'a letter replaced') characters[at] = this.#other(characters[at]!)
    else [characters[at], characters[at + 1]] = [characters[at + 1]!, characters[at]!]
    return characters.join('')
  }

  #letterOf(characters: readonly string[], mistake: Mistake): number {
    const isLetter = (at: number) => /\p{L}/u.test(characters[at] ?? '')
    const isSwappable = (at: number) =>
      isLetter(at) && isLetter(at + 1) && characters[at]!.toLowerCase() !== characters[at + 1]!.toLowerCase()
    const places = [...characters.keys()].filter(mistake === 'two letters swapped' ? isSwappable : isLetter)
    return this.pick(places)
  }

  #other(letter: string): string {
    return this.pick(letters.filter((each) => each !== withoutAccents(letter).toLowerCase()))
  }

  #below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = this.#state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4_294_967_296) * limit)
  }
}

function withoutAccents(name: string): string {
  return name
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/./gu, (letter) => plain[letter] ?? letter)
}
