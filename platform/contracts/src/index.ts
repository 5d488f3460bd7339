export * from './events.ts'
export * from './queryApi.ts'
export * from './readModels.ts'
