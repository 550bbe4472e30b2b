import { z } from '@hono/zod-openapi';
import { cast } from './cast.ts';
import { route } from './route.ts';
import { country, currency, id, instant, language, name, page, pageQuery, timeZone, version } from './wire.ts';

const ownId = 'Also the id of the account at the root of its tree.';

export const sandbox = z
  .strictObject({
    id: id('account', ownId),
    name: z.string(),
    now_at: instant.openapi({ description: 'What its clock shows: the time of everything that happens in the tree.' }),
    status: z.enum(['standing', 'advancing']),
    advancing_to: instant.nullable().openapi({ description: 'Where its clock is going; null while it stands.' }),
    created_by: id('account').nullable().openapi({ description: 'The account that made it.' }),
    version,
    created_at: instant.openapi({ description: 'In real time.' }),
  })
  .openapi('Sandbox');
export type Sandbox = z.input<typeof sandbox>;

const asOwn = "; your own account's when not given.";

export const newSandbox = z
  .strictObject({
    name,
    starts_at: instant
      .optional()
      .openapi({ description: 'What its clock shows first, in whole seconds; now if absent.' }),
    currency: currency.optional().openapi({ description: `ISO 4217${asOwn}` }),
    time_zone: timeZone.optional().openapi({ description: `An IANA time zone${asOwn}` }),
    country: country.optional().openapi({ description: `ISO 3166-1, two capital letters${asOwn}` }),
    language: language.optional().openapi({ description: `A language tag${asOwn}` }),
  })
  .openapi('NewSandbox');

export const clockAdvance = z
  .strictObject({
    to: instant.optional().openapi({ description: 'The instant that the clock is to show, in whole seconds.' }),
    by: z
      .strictObject({ unit: z.enum(['hour', 'day', 'month', 'year']), count: z.int().min(1).max(20_000) })
      .optional()
      .openapi({ description: "Calendar time in the zone of the sandbox's root, counted from what the clock shows." }),
  })
  .refine(({ to, by }) => (to === undefined) !== (by === undefined), 'either to or by is expected')
  .openapi('ClockAdvance', {
    minProperties: 1,
    maxProperties: 1,
    description: 'Either to an instant or by a length of time; at most 50 years.',
  });

const params = z.strictObject({ sandbox_id: id('account', ownId) });
const tag = 'Sandboxes';

export const sandboxRoutes = {
  listSandboxes: route({
    operationId: 'listSandboxes',
    method: 'get',
    path: '/sandboxes',
    tag,
    summary: 'List sandboxes',
    description: 'Those that your account made, and the one of which it is the root.',
    permission: 'sandboxes.read',
    query: z.strictObject(pageQuery),
    answers: { 200: page(sandbox) },
    examples: [{ as: 'distributor', status: 200 }],
  }),
  createSandbox: route({
    operationId: 'createSandbox',
    method: 'post',
    path: '/sandboxes',
    tag,
    summary: 'Make a sandbox',
    description:
      'Makes a channel tree with a clock of its own, which stands until you advance it. Its root is a provider account; the key acts as its owner.',
    permission: 'sandboxes.create',
    body: newSandbox,
    answers: { 201: z.strictObject({ sandbox, key: z.string().openapi({ description: 'Shown this once.' }) }) },
    examples: [{ as: 'distributor', body: { name: 'Next year', starts_at: '2027-01-31T09:00:00Z' }, status: 201 }],
  }),
  getSandbox: route({
    operationId: 'getSandbox',
    method: 'get',
    path: '/sandboxes/{sandbox_id}',
    tag,
    summary: 'Read a sandbox',
    permission: 'sandboxes.read',
    params,
    answers: { 200: sandbox },
    hasVersion: true,
    examples: [{ as: 'distributor', params: { sandbox_id: cast.sandbox }, status: 200 }],
  }),
  advanceSandbox: route({
    operationId: 'advanceSandbox',
    method: 'post',
    path: '/sandboxes/{sandbox_id}/clock',
    tag,
    summary: 'Advance the clock of a sandbox',
    description:
      'Everything that is due until then happens, each thing at its own date and once; then the clock shows the instant. It only goes forward. Cut off in the middle, it is gone on with by the same request.',
    permission: 'sandboxes.advance',
    params,
    body: clockAdvance,
    answers: { 200: sandbox },
    examples: [
      { as: 'distributor', params: { sandbox_id: cast.sandbox }, body: { to: '2027-02-28T09:00:00Z' }, status: 200 },
      {
        as: 'distributor',
        params: { sandbox_id: cast.sandbox },
        body: { by: { unit: 'month', count: 1 } },
        status: 200,
      },
    ],
  }),
};
