/** The sizes and limits of a projector. */
export interface ProjectorSettings {
  /** Events in one batch while the projector keeps up. Defaults to 1 000. */
  batchEventsMax: number
  /** Events in one batch while there is a backlog: keys that they share are written once. Fewer, if they are large. Defaults to 100 000. */
  backlogEventsMax: number
  /** Keys in one attempt: one version, one query, one write. Defaults to 500. */
  attemptKeysMax: number
  /** Keys in one attempt of a fan-out: small, so that newer events pass between them. Defaults to 200. */
  fanOutKeysMax: number
  /** An event that names more keys than this becomes a durable fan-out. Defaults to 1 000. */
  fanOutFrom: number
  /** Attempts at once. Defaults to 2: the next query runs while the last write is out. */
  attemptsAtOnce: number
  /** Keys that may be parked before the projector pauses and says why. Defaults to 1 000. */
  parkedKeysMax: number
}

export const defaultSettings: ProjectorSettings = {
  batchEventsMax: 1_000,
  backlogEventsMax: 100_000,
  attemptKeysMax: 500,
  fanOutKeysMax: 200,
  fanOutFrom: 1_000,
  attemptsAtOnce: 2,
  parkedKeysMax: 1_000,
}
