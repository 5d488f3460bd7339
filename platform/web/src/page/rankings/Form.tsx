import type { FormLetter } from '@platform/contracts'
import { formWords } from './words.ts'

/** The last bouts, newest first. */
export function Form({ form }: { form: readonly FormLetter[] }) {
  if (form.length === 0) return <span class="form">–</span>
  return (
    <span class="form" role="img" aria-label={`Newest first: ${form.map((letter) => formWords[letter]).join(', ')}`}>
      {form.map((letter, i) => (
        <Letter key={i} letter={letter} />
      ))}
    </span>
  )
}

export function Letter({ letter }: { letter: FormLetter }) {
  return (
    <abbr class={`letter ${letter.toLowerCase()}`} title={formWords[letter]}>
      {letter}
    </abbr>
  )
}
