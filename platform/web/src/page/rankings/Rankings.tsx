import type { DivisionsAnswer, RankingsAnswer } from '@platform/contracts'
import { useEffect, useRef } from 'preact/hooks'
import { allDivisions, filtersOf } from '../address/address.ts'
import { Link } from '../address/Link.tsx'
import { useNavigation } from '../address/navigation.ts'
import { useChanges } from '../api/live.ts'
import { type Answer, useAnswer } from '../api/useAnswer.ts'
import { type Division, DivisionTabs } from '../divisions/DivisionTabs.tsx'
import { Empty } from './Empty.tsx'
import { Failure } from './Failure.tsx'
import { Filters } from './Filters.tsx'
import { Pager } from './Pager.tsx'
import { pageSize, rankingsQuestion, scopeOf } from './question.ts'
import { Search } from './Search.tsx'
import { Skeleton } from './Skeleton.tsx'
import { Table } from './Table.tsx'
import { counted } from './words.ts'

export function Rankings({ divisions }: { divisions: Answer<DivisionsAnswer> }) {
  const { address, go } = useNavigation()
  const tabs = (divisions.data?.data ?? []).filter(({ ranked }) => ranked)
  const scope = scopeOf(address, tabs[0]?.slug)
  const isWaiting = divisions.data === undefined && divisions.error === undefined
  const division = tabs.find(({ slug }) => slug === scope)
  const rankings = useAnswer<RankingsAnswer>(scope === undefined ? undefined : rankingsQuestion(address, scope))
  const title = useRef<HTMLHeadingElement>(null)

  useChanges((changed) => {
    const known = new Set(tabs.map(({ id }) => id))
    if (changed === null || changed.some((id) => !known.has(id))) divisions.reload()
    if (changed === null || division === undefined || changed.includes(division.id)) rankings.reload()
  })

  // The place where a page begins is only good for the service that has given it: begin at the first.
  const isCursorRefused = rankings.error?.status === 400 && address.cursor !== undefined
  useEffect(() => {
    if (isCursorRefused) go({ cursor: undefined, page: undefined }, { replace: true })
  }, [isCursorRefused])

  const name =
    division?.name ??
    (scope === allDivisions ? (address.q === undefined ? 'All divisions' : `“${address.q}”`) : 'Rankings')
  useEffect(() => {
    document.title = `${address.q === undefined ? name : `“${address.q}”`} · Cornerman rankings`
  }, [name, address.q])

  const onTurn = () => {
    title.current?.focus({ preventScroll: true })
    title.current?.scrollIntoView({ block: 'start' })
  }

  return (
    <main>
      <DivisionTabs divisions={isWaiting ? undefined : tabs} scope={scope} />
      <div class="headline">
        <div>
          <h1 id="rankings" ref={title} tabIndex={-1}>
            {name}
          </h1>
          <Subline division={division} tabs={tabs} />
        </div>
        <Search />
      </div>
      <Filters divisions={tabs} scope={scope} />
      <List divisions={divisions} rankings={rankings} scope={scope} name={name} onTurn={onTurn} />
    </main>
  )
}

interface ListProps {
  divisions: Answer<DivisionsAnswer>
  rankings: Answer<RankingsAnswer>
  scope: string | undefined
  name: string
  onTurn: () => void
}

function List({ divisions, rankings, scope, name, onTurn }: ListProps) {
  const { address } = useNavigation()
  const { data, error, isLoading, reload } = rankings
  if (scope === undefined) {
    if (divisions.error !== undefined) return <Failure error={divisions.error} onRetry={() => divisions.reload()} />
    return divisions.data === undefined ? <Skeleton /> : <Empty reason="nothing" />
  }
  const isAnswered = rankings.path === rankingsQuestion(address, scope)
  // The answer to another question is good to look at while one waits, and misleading when nothing comes.
  if (data === undefined || (error !== undefined && !isAnswered))
    return error === undefined ? <Skeleton /> : <Failure error={error} onRetry={() => reload()} />

  const rows = data.data
  const isDivisionKnown = scope === allDivisions || (divisions.data?.data ?? []).some(({ slug }) => slug === scope)
  return (
    <div class={`list${isAnswered ? '' : ' waiting'}`}>
      {error === undefined ? null : <Failure error={error} readAt={data.meta.asOf} onRetry={() => reload()} />}
      <p class="unseen" role="status">
        {isAnswered ? announcement(rows.length, data.page.next !== null, address.page ?? 1) : ''}
      </p>
      {rows.length > 0 ? (
        <Table
          rows={rows}
          caption={`${name}, page ${address.page ?? 1}`}
          withDivision={scope === allDivisions}
          isBusy={isLoading && !isAnswered}
        />
      ) : (
        <Empty
          reason={
            !isDivisionKnown
              ? 'division'
              : address.q !== undefined
                ? 'search'
                : Object.keys(filtersOf(address)).length > 0
                  ? 'filters'
                  : 'nobody'
          }
        />
      )}
      <Pager next={data.page.next} onTurn={onTurn} />
    </div>
  )
}

function announcement(rows: number, hasMore: boolean, page: number): string {
  if (rows === 0) return 'Nobody found'
  const first = (page - 1) * pageSize + 1
  return `Athletes ${first} to ${first + rows - 1}${hasMore ? ', more on the next page' : ''}`
}

function Subline({ division, tabs }: { division: Division | undefined; tabs: readonly Division[] }) {
  const { address, href, go } = useNavigation()
  const everywhere = { division: allDivisions }
  const all = tabs.reduce((sum, tab) => sum + tab.athletes, 0)
  return (
    <p class="subline">
      {division !== undefined
        ? `${counted(division.athletes, 'ranked athlete')} · `
        : address.q !== undefined
          ? 'Accents and small slips do not matter'
          : tabs.length > 0
            ? `${counted(all, 'place')} in ${counted(tabs.length, 'division')}, the champions first`
            : '\u00a0'}
      {division === undefined ? null : (
        <Link href={href(everywhere)} onVisit={() => go(everywhere)}>
          All divisions
        </Link>
      )}
    </p>
  )
}
