import type { DivisionsAnswer } from '@platform/contracts'
import { NavigationProvider, useBrowserNavigation } from './address/navigation.ts'
import { LiveProvider, useStream } from './api/live.ts'
import { useAnswer } from './api/useAnswer.ts'
import { AthleteCard } from './athlete/AthleteCard.tsx'
import { Freshness } from './freshness/Freshness.tsx'
import { Rankings } from './rankings/Rankings.tsx'

export function App() {
  const navigation = useBrowserNavigation()
  const live = useStream()
  const divisions = useAnswer<DivisionsAnswer>('/divisions')
  const { athlete } = navigation.address
  return (
    <NavigationProvider value={navigation}>
      <LiveProvider value={live}>
        <a class="skip" href="#rankings">
          Skip to the rankings
        </a>
        <header class="masthead">
          <div class="masthead-inner">
            <p class="brand">
              <svg class="brand-mark" viewBox="0 0 20 20" aria-hidden="true">
                <path class="red" d="M0 0h14v5H5v9H0z" />
                <path class="blue" d="M20 20H6v-5h9V6h5z" />
              </svg>
              Cornerman <span>Rankings</span>
            </p>
            <Freshness answered={divisions.data?.meta} />
          </div>
        </header>
        <Rankings divisions={divisions} />
        <footer class="colophon">
          <p>
            A win is 100 points, a finish 20 more; a title bout doubles, a draw is 50 each. Bouts of the last twelve
            months count in full, those of the twelve before by half. The champion stands first.
          </p>
          <p>Athletes marked “made up” are synthetic: no such person exists.</p>
        </footer>
        {athlete === undefined ? null : (
          <AthleteCard key={athlete} id={athlete} divisions={divisions.data?.data ?? []} />
        )}
      </LiveProvider>
    </NavigationProvider>
  )
}
