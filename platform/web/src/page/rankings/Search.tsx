import { useEffect, useRef, useState } from 'preact/hooks'
import { useNavigation } from '../address/navigation.ts'

const typingMs = 200

/** Searches while one types. The first letter is a step that one can go back from; those after it are the same step. */
export function Search() {
  const { address, go } = useNavigation()
  const asked = address.q ?? ''
  const [typed, setTyped] = useState(asked)
  const field = useRef<HTMLInputElement>(null)
  const latest = useRef({ asked, go })
  latest.current = { asked, go }

  const typing = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)

  // The address has changed in another way: by going back, or by taking the search away.
  useEffect(() => {
    const isTyping = typing.current !== undefined
    if (!isTyping && (field.current !== document.activeElement || asked === '')) setTyped(asked)
  }, [asked])

  useEffect(() => () => clearTimeout(typing.current), [])

  /** Only what was typed is searched for by itself: a search that was taken away must not come back. */
  const type = (text: string) => {
    setTyped(text)
    clearTimeout(typing.current)
    typing.current = setTimeout(() => search(text), typingMs)
  }

  const search = (text: string) => {
    clearTimeout(typing.current)
    typing.current = undefined
    const q = text.trim()
    const { asked: before, go: visit } = latest.current
    if (q === before) return
    const isBeginning = before === ''
    const scope = isBeginning ? { division: undefined, country: undefined, sort: undefined } : {}
    visit({ q: q === '' ? undefined : q, ...scope }, { replace: !isBeginning })
  }

  return (
    <search class="search">
      <label class="unseen" for="search">
        Search athletes
      </label>
      <svg viewBox="0 0 20 20" aria-hidden="true">
        <circle cx="8.5" cy="8.5" r="5.75" />
        <path d="m13 13 5 5" />
      </svg>
      <input
        id="search"
        ref={field}
        type="search"
        name="q"
        value={typed}
        maxLength={100}
        autoComplete="off"
        spellcheck={false}
        placeholder="Search all athletes"
        onInput={(event) => type(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') search(typed)
        }}
      />
    </search>
  )
}
