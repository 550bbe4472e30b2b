import {
  formatDecimal,
  invalid,
  isNegative,
  parseDecimal,
  Temporal,
  type Decimal,
  type Period,
  type Reason,
} from '@tierline/kernel';

/**
 * Reading bodies as real clients send them (SimpleAPI reference 8): null is absent, numbers may be strings and strings
 * numbers, unknown members are ignored. What can't be read is collected, so that one answer names every reason.
 */
export type Problems = {
  add(code: string, field: string, message: string): void;
  throwIfAny(): void;
};

const reasonsMax = 50;

export function newProblems(): Problems {
  const reasons: Reason[] = [];
  return {
    add(code, field, message) {
      // A body can be wrong in a hundred thousand places; nobody reads more than a few.
      if (reasons.length < reasonsMax) reasons.push({ code, field, message });
    },
    throwIfAny() {
      if (reasons.length > 0) throw invalid(reasons);
    },
  };
}

export type TextRules = {
  readonly required?: boolean;
  /** Characters; 255 unless said otherwise. */
  readonly max?: number;
  readonly pattern?: RegExp;
  /** What the pattern wants, as a sentence. */
  readonly hint?: string;
};

/** The members of one object of a body. Every reader answers undefined for what is absent, and for what it refused. */
export type Members = {
  has(name: string): boolean;
  text(name: string, rules?: TextRules): string | undefined;
  /** One of some words, in any letter case. */
  choice<Value extends string>(name: string, choices: readonly Value[]): Value | undefined;
  quantity(name: string): Decimal | undefined;
  period(name: string): Period | undefined;
  boolean(name: string): boolean | undefined;
  /** A date, as text such as 2026-03-02; a date-time is the date that it begins with. */
  date(name: string): string | undefined;
  member(name: string, rules?: { readonly required?: boolean }): Members | undefined;
  members(name: string, rules: { readonly required?: boolean; readonly max: number }): Members[] | undefined;
  /** A flat map of texts. */
  map(name: string): Record<string, string> | undefined;
  raw(name: string): unknown;
  /** Where a member stands in the body: `products[0].quantity`. */
  at(name: string): string;
};

const textMax = 255;
const mapMax = 100;
const mapTextMax = 4000;

/** @param path where the object stands in the body; empty for the body itself */
export function membersOf(value: unknown, path: string, problems: Problems): Members {
  if (!isObject(value)) {
    problems.add('simpleapi.invalid_field', path === '' ? 'body' : path, 'Give a JSON object.');
    return readers({}, path, { ...problems, add: () => undefined });
  }
  return readers(value, path, problems);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readers(object: Record<string, unknown>, path: string, problems: Problems): Members {
  const at = (name: string): string => (path === '' ? name : `${path}.${name}`);
  const raw = (name: string): unknown => (Object.hasOwn(object, name) ? (object[name] ?? undefined) : undefined);
  const refuse = (name: string, message: string): undefined => {
    problems.add('simpleapi.invalid_field', at(name), message);
    return undefined;
  };
  const missing = (name: string, required: boolean | undefined): undefined => {
    if (required === true) problems.add('simpleapi.required_field', at(name), 'This field is required.');
    return undefined;
  };
  return {
    at,
    raw,
    has: (name) => raw(name) !== undefined,
    text: (name, rules = {}) => {
      const value = textOf(raw(name));
      if (value === undefined) {
        return raw(name) === undefined ? missing(name, rules.required) : refuse(name, 'Give a text.');
      }
      if (value.trim() === '') return missing(name, rules.required);
      const max = rules.max ?? textMax;
      if (value.length > max) return refuse(name, `Give at most ${max} characters.`);
      if (rules.pattern?.test(value) === false) return refuse(name, rules.hint ?? 'This value has the wrong form.');
      return value;
    },
    choice: (name, choices) => {
      const value = raw(name);
      if (value === undefined || value === '') return undefined;
      const found = choices.find((choice) => typeof value === 'string' && choice.toLowerCase() === value.toLowerCase());
      return found ?? refuse(name, `Give one of: ${choices.join(', ')}.`);
    },
    quantity: (name) => {
      if (raw(name) === undefined) return undefined;
      const value = parseDecimal(textOf(raw(name))?.trim() ?? '');
      if (value === undefined || isNegative(value))
        return refuse(name, 'Give a number of at least 0, such as 2 or "2.0".');
      return value;
    },
    boolean: (name) => {
      const value = raw(name);
      if (value === undefined || value === '') return undefined;
      if (typeof value === 'boolean') return value;
      const text = typeof value === 'string' ? value.toLowerCase() : '';
      return text === 'true' || text === 'false' ? text === 'true' : refuse(name, 'Give true or false.');
    },
    date: (name) => {
      const value = raw(name);
      if (value === undefined || value === '') return undefined;
      const text = typeof value === 'string' ? /^((?!0000)\d{4}-\d{2}-\d{2})(T.*)?$/.exec(value)?.[1] : undefined;
      return isDate(text) ? text : refuse(name, 'Give a date such as 2026-03-02.');
    },
    period: (name) => (raw(name) === undefined ? undefined : periodOf(raw(name), at(name), problems)),
    member: (name, rules = {}) =>
      raw(name) === undefined ? missing(name, rules.required) : membersOf(raw(name), at(name), problems),
    members: (name, { required, max }) => {
      const value = raw(name);
      if (value === undefined) return missing(name, required);
      if (!Array.isArray(value)) return refuse(name, 'Give a list.');
      if (value.length === 0) return missing(name, required);
      if (value.length > max) return refuse(name, `Give at most ${max} elements.`);
      return value.map((item: unknown, index) => membersOf(item, `${at(name)}[${index}]`, problems));
    },
    map: (name) => (raw(name) === undefined ? undefined : mapOf(raw(name), at(name), problems)),
  };
}

function isDate(text: string | undefined): text is string {
  if (text === undefined) return false;
  try {
    Temporal.PlainDate.from(text);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value !== 'number' || !Number.isFinite(value)) return undefined;
  // A whole number with more digits than JavaScript keeps would become another one: as an id, somebody else's.
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? undefined : String(value);
}

function mapOf(value: unknown, path: string, problems: Problems): Record<string, string> | undefined {
  if (!isObject(value)) {
    problems.add('simpleapi.invalid_field', path, 'Give an object whose values are texts.');
    return undefined;
  }
  const entries = Object.entries(value).filter(([, text]) => text !== null);
  if (entries.length > mapMax) {
    problems.add('simpleapi.invalid_field', path, `Give at most ${mapMax} values.`);
    return undefined;
  }
  const texts: [string, string][] = [];
  for (const [name, given] of entries) {
    const text = textOf(given);
    if (text === undefined || text.length > mapTextMax || name.length > textMax) {
      const message = `Give a text of at most ${mapTextMax} characters under a name of at most ${textMax}.`;
      problems.add('simpleapi.invalid_field', `${path}.${name.slice(0, textMax)}`, message);
    } else {
      texts.push([name, text]);
    }
  }
  return Object.fromEntries(texts);
}

const units = ['day', 'month', 'year'] as const;
/** No subscription lasts longer; also keeps calendar arithmetic within what it can do. */
const durationMax = 1200;

function periodOf(value: unknown, path: string, problems: Problems): Period | undefined {
  const members = membersOf(value, path, problems);
  const unit = members.choice('type', units);
  const count = members.quantity('duration');
  for (const name of ['type', 'duration']) {
    if (isObject(value) && !members.has(name)) {
      problems.add('simpleapi.required_field', members.at(name), 'This field is required.');
    }
  }
  if (unit === undefined || count === undefined) return undefined;
  const whole = Number(formatDecimal(count));
  if (Number.isInteger(whole) && whole >= 1 && whole <= durationMax) return { unit, count: whole };
  problems.add('simpleapi.invalid_field', members.at('duration'), `Give a whole number from 1 to ${durationMax}.`);
  return undefined;
}
