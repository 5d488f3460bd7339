import { expect, test } from 'vitest'
import { formatProblem, refuseProblems } from './problem.ts'

test('a problem is printed with its place and its cure', () => {
  expect(formatProblem({ where: 'rankings v2, keys', message: 'returns nulls', hint: 'leave them out' })).toBe(
    'rankings v2, keys: returns nulls\n    Try: leave them out',
  )
  expect(formatProblem({ where: 'rankings v2', message: 'is odd' })).toBe('rankings v2: is odd')
})

test('all problems are refused at once', () => {
  const problems = [
    { where: 'a', message: 'one', hint: 'first cure' },
    { where: 'b', message: 'two' },
  ]
  expect(() => refuseProblems('CONFIG_INVALID', 'the configuration', problems)).toThrow(
    expect.objectContaining({
      code: 'CONFIG_INVALID',
      message: 'the configuration has 2 problems:\n  - a: one\n    Try: first cure\n  - b: two',
    }),
  )
  expect(() => refuseProblems('CONFIG_INVALID', 'it', problems.slice(1))).toThrow('it has 1 problem:\n  - b: two')
  expect(() => refuseProblems('CONFIG_INVALID', 'it', [])).not.toThrow()
})
