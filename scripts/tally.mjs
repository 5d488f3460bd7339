/**
 * What vitest's JSON report adds up to. A suite that could not be loaded has no tests to count, and an error outside all tests
 * belongs to none: each is a failure all the same, and so is a run that left no report.
 */
export function tally(report, ok) {
  if (report === undefined) return { passed: 0, failed: 1, skipped: 0 }
  const unloaded = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((each) => each.status === 'failed'),
  ).length
  const failed = report.numFailedTests + unloaded
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && !ok ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  }
}
