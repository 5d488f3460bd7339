import { createServer, type Server } from 'node:net'

export interface Ports {
  postgres: number
  command: number
  query: number
  web: number
}

export const usualPorts: Ports = { postgres: 15_432, command: 3001, query: 3002, web: 3000 }

// Below the range from which systems take the ports of outgoing connections: a service that is started again finds its own free.
const firstPort = 20_000
const lastPort = 29_999

/** The wanted ports; a busy one, and 0, is replaced by a free one. All are held until all are chosen: no two are the same. */
export async function choosePorts(
  wanted: Partial<Ports> = {},
  onBusy: (wanted: number, used: number) => void = () => undefined,
): Promise<Ports> {
  const ports = { ...usualPorts, ...wanted }
  const held: Server[] = []
  try {
    for (const name of Object.keys(ports) as (keyof Ports)[]) {
      const port = ports[name]
      const server = (port === 0 ? undefined : await hold(port)) ?? (await holdAny())
      held.push(server)
      ports[name] = (server.address() as { port: number }).port
      if (port !== 0 && ports[name] !== port) onBusy(port, ports[name])
    }
    return ports
  } finally {
    await Promise.all(held.map((server) => new Promise((resolve) => server.close(resolve))))
  }
}

export async function isFree(port: number): Promise<boolean> {
  const server = await hold(port)
  await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)))
  return server !== undefined
}

async function holdAny(): Promise<Server> {
  for (;;) {
    const server = await hold(firstPort + Math.floor(Math.random() * (lastPort - firstPort + 1)))
    if (server !== undefined) return server
  }
}

/** A server on the port, or nothing if the port is busy. */
function hold(port: number): Promise<Server | undefined> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined)).listen(port, '127.0.0.1', () => resolve(server))
  })
}
