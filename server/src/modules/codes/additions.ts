import { isTimeZone, type Reason } from '@tierline/kernel';
import { z } from 'zod';
import { codesWith, noAdditions, type CodeAdditions } from './codes.ts';

const meaning = z.string().trim().min(1).max(100);
const codeOf = (max: number) =>
  z.string().regex(new RegExp(`^[A-Za-z0-9]{1,${max}}$`), `must be 1 to ${max} letters and digits`);

/** A language and a country, also with a script between them, as BCP 47 writes it. */
function isCulture(text: string): boolean {
  if (!/^[a-z]{2,3}(-[A-Z][a-z]{3})?-[A-Z]{2}$/.test(text)) return false;
  try {
    return Intl.getCanonicalLocales(text)[0] === text;
  } catch {
    return false;
  }
}

const shape = z.strictObject({
  time_zones: z
    .record(
      z
        .string()
        .regex(/^[\x21-\x7e]+( [\x21-\x7e]+)*$/, 'must be a name with single spaces')
        .max(64),
      z.string().refine(isTimeZone, 'must be an IANA time zone such as Europe/Berlin'),
    )
    .default({}),
  cultures: z.array(z.string().refine(isCulture, 'must be a culture such as zh-Hans-CN')).max(1000).default([]),
  industries: z.record(codeOf(3), meaning).default({}),
  company_sizes: z.record(codeOf(2), meaning).default({}),
  data_centers: z.record(codeOf(10), meaning).default({}),
});

/**
 * What a file of the operator adds. A code that is there already is a mistake: it would mean something else from then on.
 * @param content the JSON of the file
 * @returns every mistake with its place in the file where there is one
 */
export function readAdditions(content: unknown): { readonly additions: CodeAdditions; readonly reasons: Reason[] } {
  const parsed = shape.safeParse(content);
  if (!parsed.success) return { additions: noAdditions, reasons: parsed.error.issues.flatMap(reasonsOf) };
  const {
    time_zones: timeZones,
    cultures,
    industries,
    company_sizes: companySizes,
    data_centers: dataCenters,
  } = parsed.data;
  const own = codesWith(noAdditions);
  const reasons = [
    ...known('time_zones', Object.keys(timeZones), own.timeZones),
    ...known('cultures', cultures, own.cultures),
    ...known('industries', Object.keys(industries), own.industries),
    ...known('company_sizes', Object.keys(companySizes), own.companySizes),
    ...known('data_centers', Object.keys(dataCenters), own.dataCenters),
  ];
  return { additions: { timeZones, cultures, industries, companySizes, dataCenters }, reasons };
}

function known(member: string, codes: readonly string[], own: { has(code: string): boolean }): Reason[] {
  return codes.filter((code) => own.has(code)).map((code) => mistake(`${member}.${code}`, 'is there already'));
}

function reasonsOf(issue: z.core.$ZodIssue): Reason[] {
  const place = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => mistake(place === '' ? key : `${place}.${key}`, 'is no list of codes'));
  }
  const why = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
  return [mistake(place, why)];
}

function mistake(place: string, why: string): Reason {
  const field = place === '' ? 'the file' : place;
  return { code: 'codes.invalid', field, message: `${field}: ${why}.` };
}
