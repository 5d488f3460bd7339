import { useState } from 'preact/hooks'
import { countryName } from './words.ts'

/** A country's flag; nothing in its place where there is none. */
export function Flag({ country }: { country: string | null }) {
  const [missing, setMissing] = useState<string>()
  if (country === null || country === missing) return <span class="flag" aria-hidden="true" />
  return (
    <img
      class="flag"
      src={`${FLAGS}/${country.toLowerCase()}.svg`}
      alt={countryName(country)}
      title={countryName(country)}
      width="24"
      height="18"
      loading="lazy"
      onError={() => setMissing(country)}
    />
  )
}
