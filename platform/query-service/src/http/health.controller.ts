import { Controller, Get, Inject, Res, ServiceUnavailableException } from '@nestjs/common'
import { ApiExcludeController } from '@nestjs/swagger'
import type { FastifyReply } from 'fastify'
import { READ_MODELS, type ReadModels } from '../readModels.ts'

@ApiExcludeController()
@Controller()
export class HealthController {
  constructor(@Inject(READ_MODELS) private readonly models: ReadModels) {}

  /** The process works; never a question of what it depends on. */
  @Get('livez')
  live() {
    return { status: 'ok' }
  }

  /** Queries can be answered; stale answers are answers. */
  @Get('readyz')
  async ready() {
    if (await this.models.isReadable()) return { status: 'ok' }
    throw new ServiceUnavailableException('a read model cannot be read')
  }

  /** 200 while every read model is within its SLA, else 503: a gate for rollouts, not for traffic. */
  @Get('freshness')
  async freshness(@Res({ passthrough: true }) response: FastifyReply) {
    const named = { rankings: this.models.rankings, athletes: this.models.athletes, divisions: this.models.divisions }
    const states: Record<string, unknown> = {}
    let isFresh = true
    for (const [name, { reader, model }] of Object.entries(named)) {
      const live = await reader.readWatermarks().catch(() => null)
      const meta = live === null ? { state: 'UNKNOWN' as const } : model.meta(live)
      isFresh &&= meta.state === 'FRESH' || meta.state === 'DEGRADED'
      states[name] = meta
    }
    if (!isFresh) void response.status(503)
    return states
  }
}
