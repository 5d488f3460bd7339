import { Body, Controller, Inject, Param, Post, Req, Res } from '@nestjs/common'
import { ApiOperation, ApiTags } from '@nestjs/swagger'
import { corrections, title } from '@platform/contracts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { DATABASE, type Database } from '../database/database.ts'
import { methods } from '../database/schema.ts'
import { accepted, Command, created } from '../http/command.ts'
import { runCommand } from '../http/idempotency.ts'
import { id, instant, line } from '@platform/http'
import { correctResult, recordResults, scheduleMatches } from './matchCommands.ts'

const newMatch = z
  .strictObject({
    eventId: id,
    divisionId: id,
    athleteIds: z.tuple([id, id], 'must be two athletes').refine(([a, b]) => a !== b, 'must be two different athletes'),
    title: title.default('none'),
    cardOrder: z.int().min(1).max(1_000).default(1).describe('Place on the card; 1 is the main event'),
  })
  .meta({ id: 'NewMatch' })

const result = z
  .strictObject({
    matchId: id,
    winnerId: id.nullable().describe('Null for a draw or a no contest'),
    outcome: z
      .enum(['win', 'draw', 'no_contest'])
      .optional()
      .describe('Defaults to win with a winner, to draw without'),
    method: z.enum(methods).optional(),
    round: z.int().min(1).max(99).optional(),
    time: z
      .string()
      .regex(/^\d{1,2}:[0-5]\d$/, 'must be minutes and seconds: 4:59')
      .optional()
      .describe('In the round'),
    completedAt: instant.optional().describe('Defaults to now'),
  })
  .meta({ id: 'MatchResult' })

const correction = z
  .strictObject({
    kind: z.enum(corrections),
    winnerId: id.optional().describe('Only for winner_changed'),
    reason: line(500).optional(),
  })
  .meta({ id: 'Correction' })

@ApiTags('matches')
@Controller('matches')
export class MatchesController {
  constructor(@Inject(DATABASE) private readonly db: Database) {}

  @Post()
  @ApiOperation({ summary: 'Put a match on the card of an event' })
  @Command(created)
  schedule(
    @Body({ schema: newMatch }) body: z.infer<typeof newMatch>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return runCommand(this.db, { request, reply }, async (trx) => {
      const { ids, position } = await scheduleMatches(trx, [body])
      return { ok: true as const, id: ids[0]!, position }
    })
  }

  @Post('result')
  @ApiOperation({
    summary: 'Record the result of a match',
    description:
      'The event leaves through the outbox, after the transaction is closed. Give the position to a query as `after` to see it.',
  })
  @Command(accepted)
  recordResult(
    @Body({ schema: result }) body: z.infer<typeof result>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return runCommand(this.db, { request, reply }, async (trx) => {
      const completedAt = body.completedAt === undefined ? undefined : new Date(body.completedAt)
      const { position } = await recordResults(trx, [{ ...body, completedAt }])
      return { ok: true as const, position }
    })
  }

  @Post(':id/correction')
  @ApiOperation({ summary: 'Correct a result: overturned, changed winner, no contest' })
  @Command(accepted)
  correct(
    @Param('id', { schema: id }) matchId: string,
    @Body({ schema: correction }) body: z.infer<typeof correction>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return runCommand(this.db, { request, reply }, async (trx) => ({
      ok: true as const,
      ...(await correctResult(trx, matchId, body)),
    }))
  }
}
