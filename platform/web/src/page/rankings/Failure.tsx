import type { Unanswered } from '../api/get.ts'

interface FailureProps {
  error: Unanswered
  /** Of when the answer is that is still shown. */
  readAt?: string
  onRetry: () => void
}

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })

/** No answer: what is shown instead, or beside the answer before. */
export function Failure({ error, readAt, onRetry }: FailureProps) {
  return (
    <div class={readAt === undefined ? 'notice failure' : 'banner failure'} role="alert">
      {readAt === undefined ? (
        <h2>The rankings cannot be read now</h2>
      ) : (
        <p>
          <strong>The rankings cannot be refreshed now.</strong> You see those of {clock.format(new Date(readAt))}.
        </p>
      )}
      <p>
        {sentence(error.message)} {error.isPassing ? 'This page keeps trying by itself.' : ''}
      </p>
      <button type="button" onClick={onRetry}>
        Try again
      </button>
    </div>
  )
}

const sentence = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`
