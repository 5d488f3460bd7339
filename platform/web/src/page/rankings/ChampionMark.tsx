/** The belt. */
export function ChampionMark() {
  return (
    <span class="champion-mark">
      <svg viewBox="0 0 32 14" aria-hidden="true">
        <path d="M0 4.5 8 3v8L0 9.5zM32 4.5 24 3v8l8-1.5z" />
        <circle cx="16" cy="7" r="7" />
        <path class="star" d="m16 2.6 1.2 2.7 3 .3-2.3 2 .7 2.9-2.6-1.5-2.6 1.5.7-2.9-2.3-2 3-.3z" />
      </svg>
      Champion
    </span>
  )
}
