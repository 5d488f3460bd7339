import type { AnswerMeta } from '@platform/contracts'
import { useLive } from '../api/live.ts'
import { agoText, freshnessText } from './freshnessText.ts'

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })

/** How fresh the rankings are: the stream's last word, until then that of the first answer. */
export function Freshness({ answered }: { answered: AnswerMeta | undefined }) {
  const { connection, meta: streamed } = useLive()
  const meta = streamed ?? answered
  const { tone, label, detail } = freshnessText(connection, meta)
  return (
    <div class={`freshness ${tone}`} title={detail}>
      <p role="status">
        <span class="dot" aria-hidden="true" />
        {label}
        <span class="unseen">. {detail}</span>
      </p>
      {meta === undefined ? null : (
        <p class="as-of">
          as of <time dateTime={meta.asOf}>{clock.format(new Date(meta.asOf))}</time>
          {agoText(meta)}
        </p>
      )}
    </div>
  )
}
