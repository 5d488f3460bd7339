import { writeSync } from 'node:fs'
import { defineConfig } from '../config.ts'
import type { Logger } from '../logger.ts'
import { runProjectors } from '../projector/projector.ts'
import type { ProjectorSettings } from '../projector/settings.ts'
import { type Strike, Striker, watchStatements } from './instants.ts'
import { things } from './things.ts'

/** A projector process of the inventory: the real one, which a signal of its own may end or stop at a given instant. */
const { STRIKE, SETTINGS } = process.env
const strike = STRIKE === undefined ? undefined : (JSON.parse(STRIKE) as Strike)
const settings = JSON.parse(SETTINGS ?? '{}') as Partial<ProjectorSettings>

const line = (facts: object, message: string) => void writeSync(1, `${message} ${JSON.stringify(facts)}\n`)
const logger: Logger = { debug: () => undefined, info: line, warn: line, error: line }
const striker = strike && new Striker(strike)
if (striker !== undefined) watchStatements(striker)

const stop = new AbortController()
process.once('SIGTERM', () => stop.abort(new Error('told to stop')))
const projections = [things(striker === undefined ? {} : { wrap: striker.wrap })]
await runProjectors({
  config: defineConfig({ projections, projector: settings }),
  env: process.env,
  logger,
  signal: stop.signal,
})
