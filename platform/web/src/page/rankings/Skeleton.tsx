/** The shape of the list before it is there. */
export function Skeleton() {
  return (
    <div class="skeleton">
      <p class="unseen" role="status">
        Loading the rankings
      </p>
      {Array.from({ length: 10 }, (_, i) => (
        <div key={i} class="skeleton-row" aria-hidden="true">
          <span class="bone short" />
          <span class="bone flag-bone" />
          <span class="bone long" />
          <span class="bone" />
        </div>
      ))}
    </div>
  )
}
