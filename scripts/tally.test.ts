import { describe, expect, test } from 'vitest'
import { tally } from './tally.mjs'

const suite = (status: string, ...assertions: string[]) => ({
  status,
  assertionResults: assertions.map((each) => ({ status: each })),
})

const report = (facts: object) => ({
  numPassedTests: 3,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  testResults: [suite('passed', 'passed')],
  ...facts,
})

describe('the sum of a run', () => {
  test('is what the report says', () => {
    expect(tally(report({}), true)).toEqual({ passed: 3, failed: 0, skipped: 0 })
    const testResults = [suite('failed', 'passed', 'failed', 'failed')]
    expect(tally(report({ numFailedTests: 2, testResults }), false)).toEqual({ passed: 3, failed: 2, skipped: 0 })
  })

  test('has what was skipped, and what was only planned', () => {
    expect(tally(report({ numPendingTests: 1, numTodoTests: 2 }), true)).toEqual({ passed: 3, failed: 0, skipped: 3 })
  })

  test('counts each suite that could not be loaded, also beside tests that failed', () => {
    const testResults = [suite('failed'), suite('failed'), suite('failed', 'failed')]
    expect(tally(report({ numFailedTests: 1, testResults }), false)).toEqual({ passed: 3, failed: 3, skipped: 0 })
  })

  test('counts a suite whose hook failed after its tests had passed', () => {
    expect(tally(report({ testResults: [suite('failed', 'passed')] }), false)).toMatchObject({ failed: 1 })
  })

  test('fails when the run did, though every test passed: an error outside of them', () => {
    expect(tally(report({}), false)).toEqual({ passed: 3, failed: 1, skipped: 0 })
  })

  test('fails without a report', () => {
    expect(tally(undefined, false)).toEqual({ passed: 0, failed: 1, skipped: 0 })
  })
})
