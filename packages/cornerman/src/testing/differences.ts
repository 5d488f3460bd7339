import { shown } from '../shown.ts'

/** Which fields of two documents differ, and how: `points 10 → 20, name is gone`; `undefined` when they are the same. */
export function differences(before: unknown, after: unknown): string | undefined {
  if (same(before, after)) return undefined
  if (before === undefined || before === null) return 'is new'
  if (after === undefined || after === null) return 'is gone'
  if (!isObject(before) || !isObject(after)) return `${shown(before)} → ${shown(after)}`
  const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  return fields
    .filter((field) => !same(before[field], after[field]))
    .map((field) => `${field} ${shown(before[field])} → ${shown(after[field])}`)
    .join(', ')
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Whatever the order of their fields. */
function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((each, i) => same(each, b[i]))
  if (!isObject(a) || !isObject(b)) return false
  const fields = Object.keys(a)
  return fields.length === Object.keys(b).length && fields.every((field) => field in b && same(a[field], b[field]))
}
