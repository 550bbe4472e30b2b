import { z } from '@hono/zod-openapi';
import { distinct, longText, text } from './wire.ts';

const bound = z
  .string()
  .max(30)
  .regex(/^-?\d{1,15}(\.\d{1,12})?$/);

/** What is asked for when a plan is ordered. */
export const parameterDefinition = z
  .strictObject({
    name: text(100).openapi({ description: 'As clients send it; letter case counts.' }),
    description: longText(500).optional(),
    type: z.enum(['string', 'number', 'boolean', 'choice', 'object']),
    required: z.boolean().default(false).openapi({ description: 'Whether an order without it is refused.' }),
    pattern: text(200)
      .optional()
      .openapi({ description: 'The form of a whole text: a regular expression without references and lookaround.' }),
    min: bound.optional().openapi({ description: 'The least number, or the least length of a text.' }),
    max: bound.optional().openapi({ description: 'The greatest number, or the greatest length of a text.' }),
    choices: distinct(
      z.strictObject({ value: text(255), label: text(255).optional(), default: z.boolean().optional() }),
      { min: 1, max: 200 },
      ({ value }) => value,
    ).optional(),
    phase: z
      .enum(['ordering', 'fulfillment'])
      .default('ordering')
      .openapi({ description: 'fulfillment: it is made when the subscription is, so no order has to bring it.' }),
    reconciliation: z
      .boolean()
      .default(false)
      .openapi({ description: 'Whether the vendor tells subscriptions apart by it. Passed on to clients.' }),
  })
  .openapi('ParameterDefinition');
export type ParameterDefinition = z.output<typeof parameterDefinition>;

export const parameterDefinitions = distinct(parameterDefinition, { max: 50 }, ({ name }) => name);
