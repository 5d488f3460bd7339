/** How long a test that could go on for ever goes on, in milliseconds: short in CI, as long as `npm run soak` says there. */
export const soakMs = (usuallyMs: number): number => {
  const seconds = Number(process.env['SOAK_SECONDS'] ?? '')
  return seconds > 0 ? seconds * 1_000 : usuallyMs
}
