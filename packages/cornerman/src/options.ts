import { distance } from 'fastest-levenshtein'
import type { z } from 'zod'
import type { Problem } from './problem.ts'
import { shown } from './shown.ts'

/** The name in `known` that somebody who typed `given` most likely meant, if any is near enough. */
export function didYouMean(given: string, known: readonly string[]): string | undefined {
  const [nearest] = known
    .map((name) => ({ name, typos: distance(folded(given), folded(name)) }))
    .sort((a, b) => a.typos - b.typos)
  return nearest !== undefined && isNear(given, nearest.name, nearest.typos) ? nearest.name : undefined
}

const folded = (name: string) => name.toLowerCase().replaceAll(/[_-]/g, '')

/** In a very short name two typos leave nothing that could be recognized; in a long one more are soon another word. */
function isNear(given: string, name: string, typos: number): boolean {
  const [short, long] = [given.length, name.length].sort((a, b) => a - b) as [number, number]
  return typos < short && typos <= (long <= 3 ? 1 : long < 12 ? 2 : 3)
}

/** What is known of the options, beside their schema: by their path, `freshness.sla`, with `''` for the options themselves. */
export interface OptionsGuide {
  /** The names that are possible there. */
  known?: Readonly<Record<string, readonly string[]>>
  /** What to write there. Holds for all below it too. */
  hints?: Readonly<Record<string, string>>
}

/** All issues of a failed parse as problems: `expected batchSize to be a positive integer, got: -5`. */
export function problemsOf(where: string, error: z.ZodError, guide: OptionsGuide | readonly string[] = {}): Problem[] {
  const full: OptionsGuide = isList(guide) ? { known: { '': guide } } : guide
  return error.issues.flatMap((issue) => issueProblems(where, issue, [], full))
}

const isList = (guide: OptionsGuide | readonly string[]): guide is readonly string[] => Array.isArray(guide)

function issueProblems(
  where: string,
  issue: z.core.$ZodIssue,
  above: readonly PropertyKey[],
  guide: OptionsGuide,
): Problem[] {
  const path = [...above, ...issue.path]
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownOption(where, path, key, guide))
  if (issue.code === 'invalid_union') return unionProblems(where, issue, path, guide)
  const name = path.join('.')
  const hint = hintFor(path, guide)
  const got = issue.code === 'invalid_key' ? '' : `, got: ${shown(issue.input)}`
  return [
    {
      where,
      message: `expected ${name === '' ? 'it' : name} ${expectation(issue)}${got}`,
      ...(hint === undefined ? {} : { hint }),
    },
  ]
}

/** The only unions are one or many: which of them was meant shows in what was given. */
function unionProblems(
  where: string,
  issue: z.core.$ZodIssueInvalidUnion,
  path: readonly PropertyKey[],
  guide: OptionsGuide,
): Problem[] {
  const meant = issue.errors.at(Array.isArray(issue.input) ? -1 : 0) ?? []
  return meant.flatMap((each) => {
    const inner = { ...each, input: partOf(issue.input, each.path) } as z.core.$ZodIssue
    return issueProblems(where, inner, path, guide)
  })
}

const partOf = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce((part, name) => (part as Record<PropertyKey, unknown> | undefined)?.[name], value)

function unknownOption(
  where: string,
  path: readonly PropertyKey[],
  key: string,
  { known = {} }: OptionsGuide,
): Problem {
  const names = known[path.join('.')] ?? []
  const meant = didYouMean(key, names)
  const hint = meant === undefined ? `known: ${names.join(', ')}` : `did you mean ${meant}?`
  return { where, message: `unknown option ${[...path, key].join('.')}`, ...(names.length === 0 ? {} : { hint }) }
}

function hintFor(path: readonly PropertyKey[], { hints = {} }: OptionsGuide): string | undefined {
  for (let length = path.length; length > 0; length--) {
    const hint = hints[path.slice(0, length).join('.')]
    if (hint !== undefined) return hint
  }
  return undefined
}

/** Messages of our own schemas are written to follow "expected x": `to be a duration such as 30s`. */
function expectation(issue: z.core.$ZodIssue): string {
  const [inner] = issue.code === 'invalid_key' ? issue.issues : []
  const message = inner?.message ?? issue.message
  if (message.startsWith('to ')) return message
  return issue.code === 'invalid_type'
    ? `to be ${article(nouns[issue.expected] ?? issue.expected)}`
    : `to be right: ${message}`
}

const nouns: Record<string, string> = { int: 'integer', record: 'object', string: 'text' }
const article = (noun: string) => (/^[aeiou]/.test(noun) ? `an ${noun}` : `a ${noun}`)

const units: Record<string, number> = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000 }

/** `30s`, `5m`, `250ms`, `1d` in milliseconds; `undefined` when it is none of these. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,9}(?:\.\d{1,9})?)\s*(ms|s|m|min|h|d)$/.exec(text.trim())
  if (match === null) return undefined
  return Number(match[1]) * units[match[2] as string]!
}
