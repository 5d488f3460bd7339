import type { RankingRow } from '@platform/contracts'
import { movementOf } from './words.ts'

const arrows = { up: 'M5 1 9.5 9h-9z', down: 'M5 9 .5 1h9z', same: 'M1 4h8v2H1z' }

export function Movement({ row }: { row: Pick<RankingRow, 'place' | 'movement'> }) {
  const { direction, text, words } = movementOf(row)
  if (direction === 'none') return null
  return (
    <span class={`movement ${direction}`} title={`${words} since the last period`}>
      {direction === 'new' ? null : (
        <svg viewBox="0 0 10 10" aria-hidden="true">
          <path d={arrows[direction]} />
        </svg>
      )}
      <span aria-hidden="true">{text}</span>
      <span class="unseen">{words}</span>
    </span>
  )
}
