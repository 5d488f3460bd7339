import type { ComponentChildren } from 'preact'

interface ChoiceProps {
  label: string
  value: string | undefined
  onChoose: (value: string | undefined) => void
  children: ComponentChildren
}

/** One filter: its options, of which the empty one is no filter. */
export function Choice({ label, value, onChoose, children }: ChoiceProps) {
  return (
    <label class="choice" data-set={value === undefined ? undefined : ''}>
      <span>{label}</span>
      <select
        value={value ?? ''}
        onChange={({ currentTarget }) => onChoose(currentTarget.value === '' ? undefined : currentTarget.value)}
      >
        {children}
      </select>
    </label>
  )
}
