import { eventTypes } from '@platform/contracts'
import { defineConfig } from 'cornerman'
import { athletes } from './athletes.ts'
import { divisions } from './divisions.ts'
import { rankings } from './rankings.ts'

export default defineConfig({ projections: [rankings, athletes, divisions], events: eventTypes })
