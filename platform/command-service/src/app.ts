import { Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify'
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger'
import { ProblemFilter, refuseUnroutable, Validation } from '@platform/http'
import type { Logger } from 'pino'
import { AthletesController } from './athletes/athletes.controller.ts'
import { DATABASE, type Database } from './database/database.ts'
import { DivisionsController } from './divisions/divisions.controller.ts'
import { EventsController } from './events/events.controller.ts'
import { HealthController } from './http/health.controller.ts'
import { MatchesController } from './matches/matches.controller.ts'
import { RankingsController } from './rankings/rankings.controller.ts'

/** A command is small; nothing bigger is read to its end. */
const bodyBytesMax = 64 * 1024

export async function createApp(db: Database, logger: Logger): Promise<NestFastifyApplication> {
  @Module({
    controllers: [
      AthletesController,
      DivisionsController,
      EventsController,
      MatchesController,
      RankingsController,
      HealthController,
    ],
    providers: [{ provide: DATABASE, useValue: db }],
  })
  class CommandService {}

  const app = await NestFactory.create<NestFastifyApplication>(
    CommandService,
    new FastifyAdapter({ bodyLimit: bodyBytesMax, frameworkErrors: refuseUnroutable }),
    { logger: ['error', 'warn'], bodyParser: false },
  )
  // JSON only: what a form can hold, a foreign page can send in a visitor's name.
  app.getHttpAdapter().getInstance().removeContentTypeParser('text/plain')
  app.useGlobalPipes(new Validation())
  app.useGlobalFilters(new ProblemFilter(logger))
  const description = new DocumentBuilder()
    .setTitle('Tournament platform: commands')
    .setDescription(
      'What happens is told here. Each command writes in one transaction with its event, and answers the position of the event in the outbox.',
    )
    .setVersion('1')
    .build()
  SwaggerModule.setup('docs', app, () => SwaggerModule.createDocument(app, description))
  return app
}
