import cliProgress from 'cli-progress'
import type { Context } from './context.ts'

export interface ProgressLine {
  update(done: number): void
  stop(): void
}

/** A progress bar on a terminal's standard error; nothing elsewhere, so that logs and pipes stay clean. */
export function progressLine({ streams }: Context, what: string, total: number, json: boolean): ProgressLine {
  if (json || streams.err.isTTY !== true) return { update: () => undefined, stop: () => undefined }
  const format = `${what} {bar} {value}/{total} | {speed}/s | {eta_formatted} left`
  const bar = new cliProgress.SingleBar(
    { format, stream: streams.err as NodeJS.WriteStream, hideCursor: true, clearOnComplete: true },
    cliProgress.Presets.rect,
  )
  const startedAt = performance.now()
  const speed = (done: number) => ({
    speed: Math.round(done / Math.max(0.001, (performance.now() - startedAt) / 1_000)),
  })
  bar.start(total, 0, speed(0))
  return {
    update: (done) => {
      // What was counted beforehand may have grown.
      if (done > bar.getTotal()) bar.setTotal(done)
      bar.update(done, speed(done))
    },
    stop: () => bar.stop(),
  }
}
