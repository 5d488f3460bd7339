export { postgres, type PostgresShape } from './declaration.ts'
export {
  type Answer,
  postgresReader,
  type PostgresReader,
  type PostgresReaderOptions,
  type ReaderPool,
} from './reader.ts'
