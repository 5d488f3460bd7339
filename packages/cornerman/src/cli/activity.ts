import type { Connection } from '../database.ts'
import type { Output } from './output.ts'

/** Says at once what a command that needs the projector would else wait for in silence. */
export async function warnWithoutProjector(connection: Connection, name: string, output: Output): Promise<void> {
  const { rows } = await connection.query<{ active: boolean }>(
    `select exists (select 1 from cornerman.leases where split_part(name, '/', 1) = 'projector' and split_part(name, '/', 2) = $1 and token is not null) as active`,
    [name],
  )
  if (!rows[0]!.active)
    output.progress(`no projector of ${name} is active: this waits until one is\nTry: cornerman project ${name}`)
}
