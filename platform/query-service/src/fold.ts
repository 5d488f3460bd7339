const letters: Record<string, string> = {
  ß: 'ss',
  ẞ: 'ss',
  æ: 'ae',
  Æ: 'ae',
  œ: 'oe',
  Œ: 'oe',
  ł: 'l',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  ħ: 'h',
  ı: 'i',
  þ: 't',
  ŋ: 'n',
  ς: 'σ',
}

/** A name as the read model has it folded: lower case, no accents, no punctuation. The same rule as `published.folded`. */
export function fold(text: string): string {
  return text
    .replace(/[ßẞæÆœŒ]/g, (letter) => letters[letter]!)
    .toLowerCase()
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/[łøđðħıþŋς]/g, (letter) => letters[letter]!)
    .replace(/[\s'’‘`".,()/_–-]+/g, ' ')
    .trim()
}
