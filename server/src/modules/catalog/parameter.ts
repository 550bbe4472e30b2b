import { parameterDefinitions, type ParameterDefinition } from '@tierline/contract';
import { compareDecimal, decimal, parseDecimal, type Reason } from '@tierline/kernel';
import { parsePattern, type Pattern } from './pattern.ts';

export type { ParameterDefinition } from '@tierline/contract';

/** As they are stored: none, or a list of them. */
export function readDefinitions(stored: unknown): { readonly parameters?: readonly ParameterDefinition[] } {
  return stored === null || stored === undefined ? {} : { parameters: parameterDefinitions.parse(stored) };
}

/** Definitions as JSON text, as catalog files have them; or why they can't be what a plan asks for. */
export function parseDefinitions(text: string): readonly ParameterDefinition[] | string {
  const read = parameterDefinitions.safeParse(parsedJson(text));
  if (!read.success) {
    const [issue] = read.error.issues;
    const at = issue === undefined || issue.path.length === 0 ? '' : ` ${issue.path.join('.')}: ${issue.message}.`;
    return `It is what the plan asks for as JSON text: a list of objects with name and type.${at}`;
  }
  const reasons = definitionReasons(read.data);
  return reasons.length === 0 ? read.data : reasons.map(({ field, message }) => `${field}: ${message}`).join(' ');
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What was found out about one parameter. `definition` is undefined for one that the plan does not know. */
export type CheckedParameter = {
  readonly name: string;
  readonly definition: ParameterDefinition | undefined;
  readonly value: unknown;
  readonly problem: ParameterProblem | undefined;
};
export type ParameterProblem = {
  readonly code: 'orders.parameter_missing' | 'orders.parameter_invalid' | 'orders.parameter_repeated';
  readonly message: string;
};

const patternedMax = 255;

/**
 * Checks what was given against what a plan asks for, as far as it is a list of `{name, value}`: a value may also stand in
 * `structured_value`. Numbers and truth values may come as texts. What the plan does not ask for is nobody's mistake: vendors take
 * more than they ask for.
 * @param isWhole whether what is required has to be there
 */
export function checkParameters(
  definitions: readonly ParameterDefinition[],
  given: readonly unknown[],
  isWhole: boolean,
): CheckedParameter[] {
  const byName = new Map(definitions.map((definition) => [definition.name, definition]));
  const seen = new Set<string>();
  const checked = given.map((one): CheckedParameter => {
    const { name, value } = read(one);
    const definition = byName.get(name);
    const isRepeated = seen.has(name);
    seen.add(name);
    return { name, definition, value, problem: isRepeated ? repeated(name) : problemOf(name, definition, value) };
  });
  if (!isWhole) return checked;
  const missing = definitions.filter(
    ({ name, required, phase }) => required && phase === 'ordering' && !seen.has(name),
  );
  return [
    ...checked,
    ...missing.map((definition) => ({
      name: definition.name,
      definition,
      value: undefined,
      problem: { code: 'orders.parameter_missing' as const, message: `The parameter ${definition.name} is required.` },
    })),
  ];
}

function read(given: unknown): { readonly name: string; readonly value: unknown } {
  if (typeof given !== 'object' || given === null) return { name: '', value: undefined };
  const name = 'name' in given && typeof given.name === 'string' ? given.name : '';
  const value = 'value' in given ? (given.value ?? undefined) : undefined;
  if (value !== undefined) return { name, value };
  return { name, value: 'structured_value' in given ? (given.structured_value ?? undefined) : undefined };
}

function repeated(name: string): ParameterProblem {
  return { code: 'orders.parameter_repeated', message: `The parameter ${name} is given twice. Give it once.` };
}

function problemOf(
  name: string,
  definition: ParameterDefinition | undefined,
  value: unknown,
): ParameterProblem | undefined {
  if (definition === undefined) return undefined;
  if (value === undefined || value === '') {
    if (!definition.required || definition.phase !== 'ordering') return undefined;
    return { code: 'orders.parameter_missing', message: `The parameter ${name} is required.` };
  }
  const wrong = checks[definition.type](definition, value);
  return wrong === undefined ? undefined : { code: 'orders.parameter_invalid', message: `${name}: ${wrong}` };
}

type Check = (definition: ParameterDefinition, value: unknown) => string | undefined;

const checks: Readonly<Record<ParameterDefinition['type'], Check>> = {
  string: (definition, value) => {
    if (typeof value !== 'string' && typeof value !== 'number') return 'Give a text.';
    const text = String(value);
    const bounds = outside(definition, String(Array.from(text).length));
    if (bounds !== undefined) return `Give a text of ${bounds} characters.`;
    const pattern = definition.pattern === undefined ? undefined : patternOf(definition.pattern);
    if (pattern === undefined || (text.length <= patternedMax && pattern.matches(text))) return undefined;
    return `This has not the form ${definition.pattern}.`;
  },
  number: (definition, value) => {
    const number =
      typeof value === 'number' || typeof value === 'string' ? parseDecimal(String(value).trim()) : undefined;
    if (number === undefined) return 'Give a number.';
    const bounds = outside(definition, String(value).trim());
    return bounds === undefined ? undefined : `Give a number of ${bounds}.`;
  },
  boolean: (_, value) => (/^(true|false)$/.test(String(value)) ? undefined : 'Give true or false.'),
  choice: ({ choices = [] }, value) =>
    choices.some((choice) => choice.value === value || choice.value === String(value))
      ? undefined
      : `Give one of: ${choices.map((choice) => choice.value).join(', ')}.`,
  object: (_, value) => (typeof value === 'object' ? undefined : 'Give an object.'),
};

/** The bounds in words, when the number is outside of them. */
function outside({ min, max }: ParameterDefinition, number: string): string | undefined {
  const isLow = min !== undefined && compareDecimal(decimal(number), decimal(min)) < 0;
  const isHigh = max !== undefined && compareDecimal(decimal(number), decimal(max)) > 0;
  if (!isLow && !isHigh) return undefined;
  if (min === undefined) return `at most ${max}`;
  return max === undefined ? `at least ${min}` : `${min} to ${max}`;
}

const patterns = new Map<string, Pattern | undefined>();
const patternsMax = 1000;

/** Parsing costs more than matching, and the same few patterns are matched all the time. */
function patternOf(source: string): Pattern | undefined {
  if (!patterns.has(source)) {
    if (patterns.size >= patternsMax) patterns.clear();
    patterns.set(source, parsePattern(source));
  }
  return patterns.get(source);
}

/** Every reason why these can't be what a plan asks for. */
export function definitionReasons(definitions: readonly ParameterDefinition[]): Reason[] {
  return definitions.flatMap((definition, index) => {
    const { type, pattern, min, max, choices } = definition;
    const at = (member: string, message: string): Reason[] => [
      { code: 'catalog.parameter_definition', field: `parameters.${index}.${member}`, message },
    ];
    const hasBounds = type === 'string' || type === 'number';
    return [
      ...(type === 'choice' && choices === undefined ? at('choices', 'A choice has choices.') : []),
      ...(type !== 'choice' && choices !== undefined ? at('choices', 'Only a choice has choices.') : []),
      ...(type !== 'string' && pattern !== undefined ? at('pattern', 'Only a string has a pattern.') : []),
      ...(pattern !== undefined && parsePattern(pattern) === undefined
        ? at(
            'pattern',
            'This is no pattern: references, lookaround and more than four nested groups are not known here.',
          )
        : []),
      ...(!hasBounds && (min ?? max) !== undefined ? at('min', 'Only a string or a number has bounds.') : []),
      ...(min !== undefined && max !== undefined && compareDecimal(decimal(min), decimal(max)) > 0
        ? at('max', 'The greatest is at least the least.')
        : []),
    ];
  });
}
