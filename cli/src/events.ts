import type { Event } from '@tierline/contract';
import { setTimeout as wait } from 'node:timers/promises';
import type { CommandSpec } from './command.ts';
import { given as only, limitOption, pageLimit, take } from './list.ts';
import { printable, type Column } from './show.ts';

const followEveryMs = 1000;

const columns: readonly Column<Event>[] = [
  { title: 'AT', of: ({ at }) => at },
  { title: 'EVENT', of: ({ type }) => type },
  { title: 'SUBJECT', of: ({ subject_kind, subject_id }) => `${subject_kind} ${subject_id}` },
  { title: 'BY', of: ({ actor }) => actor },
];

export const eventsCommand: CommandSpec = {
  name: 'events',
  summary: 'Show what happened in your account and below, the newest first',
  options: [
    { flags: '--type <type>', describe: 'only this type, such as order.placed' },
    { flags: '--subject <id>', describe: 'only about this thing' },
    { flags: '--account <id>', describe: 'only in this account and below it' },
    { flags: '--follow', describe: 'go on as things happen, until interrupted; one line each' },
    limitOption,
  ],
  examples: ['events --type order.placed --limit 10', 'events --follow --json'],
  async run({ client, io, show }, given) {
    const filter = only({
      type: given.text('type'),
      subject_id: given.text('subject'),
      account_id: given.text('account'),
    });
    const newest = client().each('listEvents', { query: { ...filter, limit: pageLimit(given) } });
    const events = await take(newest, given);
    if (!given.flag('follow')) return show.list(events, columns, 'Nothing has happened yet.');
    const print = (event: Event) =>
      show.item(
        event,
        printable(`${event.at}  ${event.type}  ${event.subject_kind} ${event.subject_id}  ${event.actor}`),
      );
    for (const event of events.toReversed()) await print(event);
    // Only what came after the newest one seen is asked for; with nothing seen, everything that comes.
    let seen = events[0]?.id;
    while (!io.stopped.aborted) {
      const fresh: Event[] = [];
      for await (const event of client().each('listEvents', { query: { ...filter, limit: '50' } })) {
        if (event.id === seen) break;
        fresh.push(event);
      }
      for (const event of fresh.toReversed()) await print(event);
      seen = fresh[0]?.id ?? seen;
      await wait(followEveryMs, undefined, { signal: io.stopped }).catch(() => undefined);
    }
  },
};
