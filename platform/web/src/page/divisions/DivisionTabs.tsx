import type { DivisionsAnswer } from '@platform/contracts'
import { useEffect, useRef } from 'preact/hooks'
import { Link } from '../address/Link.tsx'
import { useNavigation } from '../address/navigation.ts'

export type Division = DivisionsAnswer['data'][number]

const groups = [
  { sex: 'male', name: 'Men' },
  { sex: 'female', name: 'Women' },
] as const

interface DivisionTabsProps {
  /** Undefined while they are asked for. */
  divisions: readonly Division[] | undefined
  scope: string | undefined
}

export function DivisionTabs({ divisions, scope }: DivisionTabsProps) {
  if (divisions?.length === 0) return null
  return (
    <nav class="divisions" aria-label="Divisions">
      {groups.map(({ sex, name }) => (
        <div key={sex} class="division-group">
          <span class="division-group-name" id={`divisions-${sex}`}>
            {name}
          </span>
          <ul aria-labelledby={`divisions-${sex}`}>
            {divisions === undefined ? <li class="bone tab-bone" /> : null}
            {divisions
              ?.filter((division) => division.sex === sex)
              .map(({ slug, name: fullName, weightClass }) => (
                <Tab key={slug} slug={slug} title={fullName} isCurrent={slug === scope}>
                  {weightClass}
                </Tab>
              ))}
          </ul>
        </div>
      ))}
    </nav>
  )
}

interface TabProps {
  slug: string
  title: string
  isCurrent: boolean
  children: string
}

function Tab({ slug, title, isCurrent, children }: TabProps) {
  const { href, go } = useNavigation()
  const item = useRef<HTMLLIElement>(null)
  useEffect(() => {
    if (isCurrent) revealInStrip(item.current)
  }, [isCurrent])
  const change = { division: slug, sex: undefined, weightClass: undefined, country: undefined }
  return (
    <li ref={item}>
      <Link
        href={href(change)}
        aria-current={isCurrent ? 'page' : undefined}
        aria-label={title}
        onVisit={() => go(change)}
      >
        {children}
      </Link>
    </li>
  )
}

/** Where the tabs are a strip that scrolls, the current one is in sight; the page itself does not move. */
function revealInStrip(item: HTMLLIElement | null): void {
  const strip = item?.parentElement
  if (item === null || strip === null || strip === undefined) return
  strip.scrollTo({ left: item.offsetLeft - (strip.clientWidth - item.offsetWidth) / 2 })
}
