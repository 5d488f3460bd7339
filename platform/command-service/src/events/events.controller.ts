import { Body, Controller, Inject, Post, Req, Res } from '@nestjs/common'
import { ApiOperation, ApiTags } from '@nestjs/swagger'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { DATABASE, type Database } from '../database/database.ts'
import { Command, created } from '../http/command.ts'
import { runCommand } from '../http/idempotency.ts'
import { day, line } from '@platform/http'
import { scheduleEvents } from './eventCommands.ts'

const newEvent = z
  .strictObject({
    name: line(200),
    date: day,
    location: line(200).nullable().optional(),
  })
  .meta({ id: 'NewEvent' })

@ApiTags('events')
@Controller('events')
export class EventsController {
  constructor(@Inject(DATABASE) private readonly db: Database) {}

  @Post()
  @ApiOperation({ summary: 'Announce an event: an evening with a card of matches' })
  @Command(created)
  schedule(
    @Body({ schema: newEvent }) body: z.infer<typeof newEvent>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return runCommand(this.db, { request, reply }, async (trx) => {
      const { ids, position } = await scheduleEvents(trx, [body])
      return { ok: true as const, id: ids[0]!, position }
    })
  }
}
