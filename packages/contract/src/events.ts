import { z } from '@hono/zod-openapi';
import { cast } from './cast.ts';
import { route } from './route.ts';
import { id, instant, page, pageQuery } from './wire.ts';

export const event = z
  .strictObject({
    id: id('event'),
    owner_id: id('account', 'In whose log it is.'),
    type: z.string(),
    subject_kind: z.string(),
    subject_id: id('subject'),
    actor: z.string(),
    request_id: z.string().nullable(),
    at: instant,
    data: z.record(z.string(), z.unknown()),
  })
  .openapi('Event');
export type Event = z.input<typeof event>;

export const eventRoutes = {
  listEvents: route({
    operationId: 'listEvents',
    method: 'get',
    path: '/events',
    tag: 'Events',
    summary: 'What happened',
    description:
      'In your account and below it, in the order of time. The log only grows, so a cursor can be kept and asked again.',
    permission: 'events.read',
    query: z.strictObject({
      ...pageQuery,
      order: z.enum(['ascending', 'descending']).default('descending'),
      type: z
        .string()
        .regex(/^[a-z_.]{1,100}$/)
        .optional(),
      subject_id: id('subject').optional(),
      account_id: id('account', 'Only in this account and below it.').optional(),
    }),
    answers: { 200: page(event) },
    examples: [{ as: 'reseller', query: { subject_id: cast.order, order: 'ascending' }, status: 200 }],
  }),
};
