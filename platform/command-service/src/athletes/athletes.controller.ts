import { Body, Controller, Inject, Param, Patch, Post, Req, Res } from '@nestjs/common'
import { ApiOperation, ApiTags } from '@nestjs/swagger'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { DATABASE, type Database } from '../database/database.ts'
import { accepted, Command, created } from '../http/command.ts'
import { runCommand } from '../http/idempotency.ts'
import { id, line } from '@platform/http'
import { changeAthlete, registerAthletes } from './athleteCommands.ts'

const country = z.string().regex(/^[A-Z]{2}$/, 'must be an ISO 3166-1 code of two capital letters: BR')

const newAthlete = z
  .strictObject({ name: line(200), nickname: line(200).nullable().optional(), country: country.nullable().optional() })
  .meta({ id: 'NewAthlete' })

const change = z
  .strictObject({
    name: line(200).optional(),
    nickname: line(200).nullable().optional(),
    country: country.nullable().optional(),
  })
  .refine(
    (body) => Object.values(body).some((value) => value !== undefined),
    'must change something: name, nickname or country',
  )
  .meta({ id: 'AthleteChange' })

@ApiTags('athletes')
@Controller('athletes')
export class AthletesController {
  constructor(@Inject(DATABASE) private readonly db: Database) {}

  @Post()
  @ApiOperation({ summary: 'Register an athlete' })
  @Command(created)
  register(
    @Body({ schema: newAthlete }) body: z.infer<typeof newAthlete>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return runCommand(this.db, { request, reply }, async (trx) => {
      const { ids, position } = await registerAthletes(trx, [body])
      return { ok: true as const, id: ids[0]!, position }
    })
  }

  @Patch(':id')
  @ApiOperation({ summary: 'Change name, nickname or country' })
  @Command(accepted, 200)
  change(
    @Param('id', { schema: id }) athleteId: string,
    @Body({ schema: change }) body: z.infer<typeof change>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return runCommand(this.db, { request, reply }, async (trx) => ({
      ok: true as const,
      ...(await changeAthlete(trx, athleteId, body)),
    }))
  }
}
