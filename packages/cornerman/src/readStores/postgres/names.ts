import type { GenerationRef } from '../../readStore.ts'
import { identifier } from '../../sql.ts'

/** The schema in which readers find the live views. */
export const readSchema = 'read_models'

/** `read_models."rankings_v2_g7"`: the table of one generation. */
export const tableOf = ({ projection, version, number }: GenerationRef): string =>
  `${readSchema}.${identifier(`${projection}_v${version}_g${number}`)}`

/** `read_models."rankings_v2"`: the live name. It carries the version, so its columns never change under a reader. */
export const liveViewOf = (projection: string, version: number): string =>
  `${readSchema}.${identifier(`${projection}_v${version}`)}`
