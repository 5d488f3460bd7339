export { parseEnvironment, serviceEnvironment } from './environment.ts'
export { ProblemFilter, traceIdOf } from './problemFilter.ts'
export { conflict, contradiction, notFound, Refusal } from './refusal.ts'
export { id, jsonSchema, line, validation } from './validation.ts'
