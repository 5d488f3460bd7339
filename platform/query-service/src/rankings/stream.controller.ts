import { Controller, Get, Inject, Res } from '@nestjs/common'
import { ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger'
import type { RankingsChange } from '@platform/contracts'
import type { LiveWatermarks } from 'cornerman'
import type { FastifyReply } from 'fastify'
import { READ_MODELS, type ReadModels } from '../readModels.ts'
import { ChangedDivisions } from './changedDivisions.ts'

/** The longest silence: whoever hears nothing for a good while longer may take the connection for dead. */
const freshnessIntervalMs = 5_000

/** Tells pages that something has changed, by server-sent events; what it is now they read by the query. */
@ApiTags('rankings')
@Controller('rankings')
export class RankingsStreamController {
  readonly #changes: ChangedDivisions
  #live: LiveWatermarks | undefined

  constructor(@Inject(READ_MODELS) private readonly models: ReadModels) {
    this.#changes = new ChangedDivisions(models.rankings)
    models.rankings.model.onChange((live) => {
      this.#live = live
    })
  }

  @Get('stream')
  @ApiOperation({
    summary: 'Changes of the rankings as server-sent events',
    description:
      '`event: change` names the divisions that changed; `event: freshness` says how fresh the rankings are. Both carry meta.',
  })
  @ApiProduces('text/event-stream')
  stream(@Res() response: FastifyReply): void {
    response.hijack()
    const { raw } = response
    raw.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
      Connection: 'keep-alive',
    })
    const send = (event: string, data: object) => raw.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
    const onChange = (divisions: string[] | null, live: LiveWatermarks) =>
      send('change', { divisions, meta: this.models.rankings.model.meta(live) } satisfies RankingsChange)
    // Also when nothing has changed: a silent projector is told by its watermark growing old.
    const tellFreshness = () => {
      if (this.#live === undefined) raw.write(': nothing is live\n\n')
      else send('freshness', this.models.rankings.model.meta(this.#live))
    }
    raw.write('retry: 2000\n\n')
    tellFreshness()
    const ends = [this.#changes.subscribe(onChange), this.models.rankings.model.onChange(tellFreshness)]
    const interval = setInterval(tellFreshness, freshnessIntervalMs)
    raw.once('close', () => {
      clearInterval(interval)
      for (const end of ends) end()
    })
  }
}
