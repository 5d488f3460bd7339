const regionalA = 0x1f1e6

/** The flag of a country, as text: `BR` → 🇧🇷. */
export function flagOf(country: string | null): string | null {
  if (country === null || !/^[A-Z]{2}$/.test(country)) return null
  return String.fromCodePoint(...[...country].map((letter) => regionalA + letter.charCodeAt(0) - 65))
}
