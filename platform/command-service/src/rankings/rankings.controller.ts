import { Body, Controller, Inject, Post, Req, Res } from '@nestjs/common'
import { ApiOperation, ApiTags } from '@nestjs/swagger'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { day } from '@platform/http'
import { z } from 'zod'
import { DATABASE, type Database } from '../database/database.ts'
import { Command } from '../http/command.ts'
import { runCommand } from '../http/idempotency.ts'
import { startPeriod } from './periodCommands.ts'

const period = z.strictObject({ rankingDate: day }).meta({ id: 'RankingPeriod' })
const started = z
  .object({
    ok: z.literal(true),
    periodId: z.uuid(),
    places: z.int().describe('Places that were published'),
    position: z.int(),
  })
  .meta({ id: 'StartedPeriod' })

@ApiTags('rankings')
@Controller('rankings')
export class RankingsController {
  constructor(@Inject(DATABASE) private readonly db: Database) {}

  @Post('periods')
  @ApiOperation({
    summary: 'Move the ranking date and publish places',
    description: 'Movement is measured against these places until the next period.',
  })
  @Command(started)
  start(
    @Body({ schema: period }) body: z.infer<typeof period>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return runCommand(this.db, { request, reply }, async (trx) => ({
      ok: true as const,
      ...(await startPeriod(trx, body.rankingDate)),
    }))
  }
}
