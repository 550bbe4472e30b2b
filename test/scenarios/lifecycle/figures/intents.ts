import type { Outcome } from '@tierline/server/modules/lifecycle/index.ts';
import { openStory, type Story } from '../../../support/story.ts';
import type { World } from '../../../support/world.ts';
import { charged, held, type Figure, type Figures } from './table.ts';

const opened = (world: World): Promise<Story> =>
  openStory(world, { sellers: [{ name: 'Shop', zone: 'Europe/Berlin', prices: { SEAT: '31', DISK: '3.1' } }] });

const cancel = { kind: 'cancel', reason: null } as const;
const atRenewal = { at: 'renewal' } as const;

async function listed(
  world: World,
  story: Story,
  of: { readonly id: Outcome['subscriptions'][number]['id'] },
): Promise<Figure> {
  const all = await world.engine.lifecycle.intentsOf(story.owner.id, of.id);
  const rows = all.map(({ command, moment, status, reason }) => [
    command.kind,
    moment.at === 'date' ? moment.on : 'renewal',
    status,
    reason ?? '',
  ]);
  return [['what', 'moment', 'status', 'reason'], ...rows];
}

/** Worked examples of docs/concepts/intents.md. */
export const intents: Figures = {
  async moments(world) {
    const story = await opened(world);
    const seats = held(await story.on('2026-03-02', () => story.sell({ SEAT: '2' })));
    await story.on('2026-03-03', () => story.change(seats, { SEAT: '5' }, { at: 'date', on: '2026-03-17' }));
    await story.change(seats, { SEAT: '3' }, atRenewal);
    await story.until('2026-04-02');
    return charged(await story.booked(seats));
  },

  async list(world) {
    const story = await opened(world);
    const seats = held(await story.on('2026-03-02', () => story.sell({ SEAT: '2' })));
    await story.on('2026-03-03', () => story.change(seats, { SEAT: '5' }, { at: 'date', on: '2026-03-17' }));
    await story.change(seats, { SEAT: '7' }, atRenewal);
    await story.change(seats, { SEAT: '3' }, atRenewal);
    await story.change(seats, { DISK: '1' }, { at: 'date', on: '2026-03-20' });
    const [, , , disk] = await world.engine.lifecycle.intentsOf(story.owner.id, seats.id);
    const by = { surface: 'api' };
    await world.engine.lifecycle.changeIntent(story.at(), story.owner.id, seats.id, disk!.id, { cancel: true }, by);
    await story.until('2026-03-18');
    return listed(world, story, seats);
  },

  async conflicts(world) {
    const story = await opened(world);
    const seats = held(await story.on('2026-03-02', () => story.sell({ SEAT: '2' })));
    const rows: string[][] = [['asked for', 'the answer warns']];
    const note = (asked: string, { warnings }: Outcome): void =>
      void rows.push([asked, warnings.map(({ code, message }) => `\`${code}\`: ${message}`).join(' ')]);
    await story.on('2026-03-03', async () => {
      await story.change(seats, { SEAT: '5' }, atRenewal);
      note('3 seats at the renewal, after 5 were planned for it', await story.change(seats, { SEAT: '3' }, atRenewal));
      note('4 seats now, with 3 planned for the renewal', await story.change(seats, { SEAT: '4' }));
      note('a cancellation at the renewal, with 3 seats planned for it', await story.ask(seats, cancel, atRenewal));
      note('6 seats now, with the cancellation planned', await story.change(seats, { SEAT: '6' }));
    });
    return rows;
  },

  async failed(world) {
    const story = await opened(world);
    const seats = held(await story.on('2026-03-02', () => story.sell({ SEAT: '2' })));
    await story.on('2026-03-03', () => story.change(seats, { SEAT: '5' }, { at: 'date', on: '2026-03-17' }));
    await story.on('2026-03-05', () => story.ask(seats, { kind: 'suspend', endOn: null }));
    await story.until('2026-03-18');
    return listed(world, story, seats);
  },
};
