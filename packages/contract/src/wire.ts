import { z } from '@hono/zod-openapi';
import { isCurrency, isTimeZone, parseDecimal, parseId, Temporal, type Id } from '@tierline/kernel';

/** What the schemas of all nouns are built of. Names on the wire are snake_case; every length and count is bounded. */

/** A UUID in any letter case; read as lower case. */
export const id = <Kind extends string>(_kind: Kind, description?: string) =>
  z
    .string()
    .transform((text, context): Id<Kind> => {
      const parsed = parseId<Kind>(text);
      if (parsed !== undefined) return parsed;
      context.addIssue({ code: 'invalid_format', format: 'uuid', message: 'a UUID is expected' });
      return z.NEVER;
    })
    .openapi({ type: 'string', format: 'uuid', ...(description === undefined ? {} : { description }) });

const plainLine = /^(?=.*\S)[^\p{Cc}]*$/u;
const plainLines = /^[^\p{Cc}]*([\r\n\t][^\p{Cc}]*)*$/u;

/** Text of 1 to `max` characters on one line that is not blank. */
export const text = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(plainLine, 'text that is not blank and has no control characters is expected')
    // Said again, because the document would hold the flags with the pattern.
    .openapi({ pattern: plainLine.source });
/** Text that may be empty, and of several lines. */
export const longText = (max: number) =>
  z
    .string()
    .max(max)
    .regex(plainLines, 'text without control characters is expected')
    .openapi({ pattern: plainLines.source });
export const name = text(150);

function isInstant(value: string): boolean {
  try {
    Temporal.Instant.from(value);
    return true;
  } catch {
    return false;
  }
}

/** Something the caller should know that is no reason against it. */
export const warning = z.strictObject({ code: z.string(), message: z.string() }).openapi('Warning');

export const instant = z
  .string()
  .max(40)
  .regex(/^(19|20|21|22)\d\d-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/)
  .refine(isInstant, 'an instant is expected, such as 2026-03-01T09:00:00Z')
  .openapi({ format: 'date-time', description: 'An instant, ISO 8601 with Z or an offset.' });

export const date = z.iso
  .date()
  .regex(/^(19|20|21|22)\d\d-\d\d-\d\d$/)
  .openapi({ description: 'A civil date, YYYY-MM-DD.' });

const decimalShape = /^-?\d{1,15}(\.\d{1,12})?$/;

/** An exact decimal as the server writes it. */
export const decimalOut = z.string().openapi({ description: 'An exact decimal in plain notation.' });

/** An exact decimal as callers may write it: text, or a whole number that JSON holds exactly. */
const decimalIn = (isAllowed: (value: string) => boolean, expected: string) =>
  z
    .union([z.string().max(30).regex(decimalShape), z.int()])
    .transform((value, context): string => {
      const written = String(value);
      if (parseDecimal(written) !== undefined && isAllowed(written)) return written;
      context.addIssue({ code: 'custom', message: `${expected} is expected` });
      return z.NEVER;
    })
    .openapi({ type: ['string', 'integer'], pattern: decimalShape.source, description: `${expected}; exact.` });

export const notNegative = decimalIn((value) => !value.startsWith('-'), 'a decimal that is not negative');
export const anyDecimal = decimalIn(() => true, 'a decimal');
export const percentage = decimalIn((value) => Number(value) >= -100, 'a percentage of at least -100');
/** A part of a whole, in percent. */
export const share = decimalIn((value) => !value.startsWith('-') && Number(value) <= 100, 'a percentage from 0 to 100');
export const quantity = decimalIn((value) => !value.startsWith('-'), 'a quantity');

const wholeUnits = (least: 0 | 1) =>
  z
    .union([z.string().regex(/^\d{1,10}$/), z.int().min(least)])
    .transform((value, context): bigint => {
      const count = BigInt(value);
      if (count >= BigInt(least) && count <= 1_000_000_000n) return count;
      context.addIssue({ code: 'custom', message: `a whole number from ${least} to 1000000000 is expected` });
      return z.NEVER;
    })
    .openapi({ type: ['string', 'integer'], pattern: '^\\d{1,10}$', minimum: least, maximum: 1_000_000_000 });

/** Whole units, for license pools. */
export const units = wholeUnits(1);
export const unitsOrNone = wholeUnits(0);

export const currency = z
  .string()
  .regex(/^[A-Z]{3}$/)
  .refine(isCurrency, 'an ISO 4217 currency code is expected')
  .openapi({ description: 'ISO 4217.', example: 'USD' });
export const timeZone = z
  .string()
  .min(1)
  .max(64)
  .refine(isTimeZone, 'an IANA time zone is expected, such as Europe/Berlin')
  .openapi({ description: 'An IANA time zone.', example: 'Europe/Berlin' });
export const country = z
  .string()
  .regex(/^[A-Z]{2}$/)
  .openapi({ description: 'ISO 3166-1, two capital letters.', example: 'US' });
export const language = z
  .string()
  .regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/)
  .openapi({ description: 'A language tag.', example: 'en' });
export const email = z
  .string()
  .max(254)
  .regex(/^[^\s@]+@[^\s@]+$/)
  .openapi({ example: 'ada@example.com' });
export const url = z
  .string()
  .max(2000)
  .regex(/^https?:\/\/[^\s]+$/)
  .refine((value) => URL.canParse(value), 'a URL is expected');
export const code = (max: number) => z.string().regex(new RegExp(`^[A-Za-z0-9][A-Za-z0-9._-]{0,${max - 1}}$`));

export const money = z
  .strictObject({
    amount: z.string().openapi({ description: 'With the digits of the currency, as text.', example: '19.80' }),
    currency: z.string(),
  })
  .openapi('Money');

export const period = z
  .strictObject({ unit: z.enum(['day', 'month', 'year']), count: z.int().min(1).max(3660) })
  .refine(
    ({ unit, count }) => count <= { day: 3660, month: 120, year: 10 }[unit],
    'a period of at most 10 years is expected',
  )
  .openapi('Period', { description: 'A length of calendar time, at most ten years.' });

/** Members that callers choose themselves. */
export const attributes = z
  .record(z.string().min(1).max(100), z.string().max(1000))
  .refine((members) => Object.keys(members).length <= 50, 'at most 50 members are expected')
  .openapi({ maxProperties: 50, description: 'Own members of the caller: text by name.' });
export const freeform = z
  .record(z.string().min(1).max(100), z.unknown())
  .refine((members) => Object.keys(members).length <= 50, 'at most 50 members are expected')
  .openapi({ maxProperties: 50 });

/** An array in which no two elements have the same key. */
export const distinct = <Element extends z.ZodType>(
  element: Element,
  bounds: { min?: number; max: number },
  key: (value: z.output<Element>) => string,
) =>
  z
    .array(element)
    .min(bounds.min ?? 0)
    .max(bounds.max)
    .refine((list) => new Set(list.map(key)).size === list.length, 'no element may stand twice');

/** The body of a PATCH: what is not named stays as it is, and something must be named. */
export const changes = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z
    .strictObject(shape)
    .refine((wanted) => Object.keys(wanted).length > 0, 'at least one member to change is expected')
    .openapi({ minProperties: 1 });

/** A whole number in a query, where everything is text. */
export const wholeInQuery = (min: number, max: number) =>
  z
    .union([z.string().regex(/^\d{1,9}$/), z.int()])
    .transform((value, context): number => {
      const whole = Number(value);
      if (whole >= min && whole <= max) return whole;
      const inclusive = true;
      if (whole < min) context.addIssue({ code: 'too_small', origin: 'number', minimum: min, inclusive });
      else context.addIssue({ code: 'too_big', origin: 'number', maximum: max, inclusive });
      return z.NEVER;
    })
    .openapi({ type: 'integer', minimum: min, maximum: max });

export const flagInQuery = z
  .union([z.enum(['true', 'false']), z.boolean()])
  .transform((value) => String(value) === 'true')
  .openapi({ type: 'boolean' });

export const pageLimitDefault = 50;
export const pageLimitMax = 200;

export const pageQuery = {
  cursor: z.string().min(1).max(1000).optional().openapi({ description: 'next_cursor of the page before.' }),
  limit: wholeInQuery(1, pageLimitMax)
    .default(pageLimitDefault)
    .openapi({ description: `How many at most; ${pageLimitDefault} when not given.` }),
};

/** One page of a list. */
export const page = <Element extends z.ZodType>(of: Element) =>
  z.strictObject({
    data: z.array(of),
    next_cursor: z.string().nullable().openapi({ description: 'For the next page; null on the last one.' }),
  });

export const version = z.int().openapi({ description: 'Counts the changes; the ETag of a single thing, in quotes.' });

/** The answer to every refusal, RFC 9457 with members of our own. */
export const problem = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z
      .string()
      .openapi({ description: 'Stable name of what was wrong, module.reason.', example: 'request.missing_field' }),
    detail: z.string(),
    field: z.string().optional().openapi({ description: 'Dotted path in the request.', example: 'lines.0.quantity' }),
    errors: z.array(z.strictObject({ code: z.string(), field: z.string().optional(), detail: z.string() })),
    request_id: z.string(),
  })
  .openapi('Problem');
export type Problem = z.infer<typeof problem>;
