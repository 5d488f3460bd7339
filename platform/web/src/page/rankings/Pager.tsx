import { useNavigation } from '../address/navigation.ts'
import { Link } from '../address/Link.tsx'

/** Forth by the cursor of the next page, back to where the page before began. */
export function Pager({ next, onTurn }: { next: string | null; onTurn: () => void }) {
  const { address, trail, href, nextPage, previousPage } = useNavigation()
  const page = address.page ?? 1
  if (address.cursor === undefined && next === null) return null
  const before = trail.at(-1) ?? ''
  const turn = (visit: () => void) => () => {
    visit()
    onTurn()
  }
  return (
    <nav class="pager" aria-label="Pages">
      {address.cursor === undefined ? (
        <span />
      ) : (
        <Link
          rel="prev"
          href={href({ cursor: before === '' ? undefined : before, page: before === '' ? undefined : page - 1 })}
          onVisit={turn(previousPage)}
        >
          ← {trail.length === 0 ? 'First page' : 'Previous'}
        </Link>
      )}
      <span class="page-number">Page {page}</span>
      {next === null ? (
        <span />
      ) : (
        <Link rel="next" href={href({ cursor: next, page: page + 1 })} onVisit={turn(() => nextPage(next))}>
          Next →
        </Link>
      )}
    </nav>
  )
}
