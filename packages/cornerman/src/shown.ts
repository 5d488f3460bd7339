const longest = 120

/** A value as a message shows it: on one line and short, whatever it is. */
export function shown(value: unknown): string {
  const text = textOf(value)
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text
}

function textOf(value: unknown): string {
  if (typeof value === 'function') return 'a function'
  if (typeof value !== 'object' || value === null)
    return typeof value === 'string' ? JSON.stringify(value) : String(value)
  try {
    return JSON.stringify(value, (_, part: unknown) => {
      if (typeof part === 'bigint') return String(part)
      return typeof part === 'function' ? 'a function' : part
    })
  } catch {
    return 'an object that holds itself'
  }
}
