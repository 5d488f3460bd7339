export { parseEnvironment, serviceEnvironment } from './environment.ts'
export { ProblemFilter, refuseUnroutable, traceIdOf } from './problemFilter.ts'
export { conflict, contradiction, notFound, Refusal } from './refusal.ts'
export { day, id, instant, jsonSchema, line, Validation } from './validation.ts'
