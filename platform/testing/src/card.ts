import type { CommandSide } from './commandSide.ts'

/** A division with two athletes, and an event on which they may meet. */
export interface Card {
  divisionId: string
  eventId: string
  a: string
  b: string
}

let number = 0

export async function newCard(command: CommandSide, date = '2026-06-06'): Promise<Card> {
  number++
  const made = async (url: string, body: object) => (await command.done(url, body)).id
  return {
    divisionId: await made('/divisions', {
      slug: `division-${number}`,
      name: `Division ${number}`,
      sex: 'female',
      weightClass: `Class ${number}`,
    }),
    eventId: await made('/events', { name: `Event ${number}`, date }),
    a: await made('/athletes', { name: `Łucja ${number}`, country: 'PL' }),
    b: await made('/athletes', { name: `Inês ${number}`, country: 'BR' }),
  }
}

/** A match of the two; its id. */
export async function newMatch(command: CommandSide, card: Card, more: object = {}): Promise<string> {
  const { id } = await command.done('/matches', {
    eventId: card.eventId,
    divisionId: card.divisionId,
    athleteIds: [card.a, card.b],
    ...more,
  })
  return id
}
