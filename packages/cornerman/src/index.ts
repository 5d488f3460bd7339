export { append, appendClause, type AppendedEvent } from './outbox/append.ts'
export { type NewEvent, payloadBytesMax } from './outbox/event.ts'
export type { KyselyTransaction, PgTransaction, TransactionExecutor, TransactionHandle } from './outbox/handle.ts'
export { type Config, type ConfigOptions, defineConfig } from './config.ts'
export {
  type AnyEvent,
  defineProjection,
  type Mapping,
  type Mappings,
  type Projection,
  type ProjectionOptions,
} from './projection.ts'
export { rawSql, type Sql, sql, type SqlValue } from './sql.ts'
export { CornermanError, type ErrorCode, errorCodes } from './errors.ts'
export type { Logger } from './logger.ts'
export { type ProjectorOptions, runProjectors } from './projector/projector.ts'
export type { ProjectorSettings } from './projector/settings.ts'
export type * from './feed.ts'
export type * from './readStore.ts'
export { isReflected, type StoredWatermark, type Watermark } from './freshness/watermark.ts'
export {
  type AnswerMeta,
  ReadModel,
  type ReadModelOptions,
  type Reached,
  type WatermarkReader,
} from './freshness/readModel.ts'
export type { FreshnessState, LiveWatermarks } from './freshness/state.ts'
