import { Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify'
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger'
import { ProblemFilter, refuseUnroutable, Validation } from '@platform/http'
import type { Logger } from 'pino'
import { AthletesController } from './athletes/athletes.controller.ts'
import { DivisionsController } from './divisions/divisions.controller.ts'
import { HealthController } from './http/health.controller.ts'
import { READ_MODELS, type ReadModels } from './readModels.ts'
import { Cursors } from './rankings/cursor.ts'
import { CURSORS, RankingsController } from './rankings/rankings.controller.ts'
import { RankingsStreamController } from './rankings/stream.controller.ts'

export async function createApp(
  models: ReadModels,
  cursorSecret: string,
  logger: Logger,
): Promise<NestFastifyApplication> {
  @Module({
    controllers: [
      RankingsStreamController,
      RankingsController,
      AthletesController,
      DivisionsController,
      HealthController,
    ],
    providers: [
      { provide: READ_MODELS, useValue: models },
      { provide: CURSORS, useValue: new Cursors(cursorSecret) },
    ],
  })
  class QueryService {}

  const app = await NestFactory.create<NestFastifyApplication>(
    QueryService,
    new FastifyAdapter({ forceCloseConnections: true, frameworkErrors: refuseUnroutable }),
    { logger: ['error', 'warn'] },
  )
  app.useGlobalPipes(new Validation())
  app.useGlobalFilters(new ProblemFilter(logger))
  const description = new DocumentBuilder()
    .setTitle('Tournament platform: queries')
    .setDescription(
      'What can be read. Every answer says in `meta` how fresh it is; `?after=<position>` waits until it reflects what a command has written.',
    )
    .setVersion('1')
    .build()
  SwaggerModule.setup('docs', app, () => SwaggerModule.createDocument(app, description))
  return app
}
