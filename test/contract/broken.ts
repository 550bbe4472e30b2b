/** Requests that are wrong in one place, made out of the schemas of the document. */

export type Schema = {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
};

/** What is wrong, and the field that the refusal must name. */
export type Break = { readonly what: string; readonly field: string; readonly body: unknown };

type Resolve = (schema: Schema) => Schema;

/** Follows references into the document; "this or null" becomes a type that may be null. */
export function resolver(document: unknown): Resolve {
  return function resolve(schema): Schema {
    if (schema.$ref !== undefined) {
      const steps = schema.$ref.slice(2).split('/');
      return resolve(steps.reduce<unknown>((at, key) => Reflect.get(Object(at), key), document) as Schema);
    }
    // A schema that is named, with a description of its own.
    if (schema.allOf !== undefined) return Object.assign({}, ...schema.allOf.map(resolve)) as Schema;
    const alternatives = schema.anyOf ?? schema.oneOf;
    if (alternatives === undefined) return schema;
    const meant = alternatives.map(resolve).filter(({ type }) => type !== 'null');
    const isNullable = meant.length < alternatives.length;
    const [only] = meant;
    if (only === undefined) return {};
    if (meant.length > 1) return { anyOf: meant };
    return isNullable ? { ...only, type: [...typesOf(only), 'null'] } : only;
  };
}

const typesOf = ({ type }: Schema): readonly string[] => (type === undefined ? [] : [type].flat());

const texts = [
  'x',
  'US',
  'USD',
  'en',
  'UTC',
  'AAAAAAAAA',
  '12',
  'ada@example.com',
  'https://example.com',
  'long enough text',
  `tl_key_${'x'.repeat(43)}`,
];

/** A value that fits the schema, with everything that may be there. */
function sampleOf(schema: Schema, resolve: Resolve): unknown {
  const of = resolve(schema);
  if (of.enum !== undefined) return of.enum[0];
  const types = typesOf(of);
  if (types.includes('object')) {
    return Object.fromEntries(
      Object.entries(of.properties ?? {}).map(([name, each]) => [name, sampleOf(each, resolve)]),
    );
  }
  if (types.includes('array')) return of.items === undefined ? [] : [sampleOf(of.items, resolve)];
  if (types.includes('boolean')) return true;
  if (types.includes('string')) {
    if (of.format === 'uuid') return '0196a000-0000-7000-8000-00000000ffff';
    if (of.format === 'date') return '2026-03-02';
    if (of.format === 'date-time') return '2026-03-02T09:00:00Z';
    return texts.find((text) => fits(text, of)) ?? 'x';
  }
  return types.includes('integer') ? (of.minimum ?? 1) : 'x';
}

function fits(text: string, { minLength = 0, maxLength = Infinity, pattern }: Schema): boolean {
  return (
    text.length >= minLength &&
    text.length <= maxLength &&
    (pattern === undefined || new RegExp(pattern, 'u').test(text))
  );
}

/** The value with whatever its schema allows and it does not have. */
export function completed(value: unknown, schema: Schema, resolve: Resolve): unknown {
  const of = resolve(schema);
  if (value === undefined || value === null) return sampleOf(of, resolve);
  if (Array.isArray(value)) return value.map((each) => completed(each, of.items ?? {}, resolve));
  if (typeof value !== 'object' || of.properties === undefined) return value;
  const names = Object.keys({ ...of.properties, ...value });
  return Object.fromEntries(
    names.map((name) => [name, completed(Reflect.get(value, name), of.properties?.[name] ?? {}, resolve)]),
  );
}

const oneOfEach: readonly (readonly [type: string, value: unknown])[] = [
  ['object', {}],
  ['array', []],
  ['boolean', true],
  ['string', 'text'],
  ['number', 1.5],
  ['null', null],
];

/** Every way in which one place of the body can be wrong. */
export function* breaksOf(schema: Schema, body: unknown, resolve: Resolve): Generator<Break> {
  yield* breaksAt(schema, [], body, resolve);
}

type Path = readonly (string | number)[];

function* breaksAt(schema: Schema, path: Path, body: unknown, resolve: Resolve): Generator<Break> {
  const of = resolve(schema);
  const field = path.join('.');
  const types = typesOf(of);
  const put = (what: string, value: unknown): Break => ({ what, field, body: replaced(body, path, value) });
  for (const [type, value] of oneOfEach) {
    const isAllowed = types.length === 0 || types.includes(type) || (type === 'number' && types.includes('number'));
    if (!isAllowed) yield put(`${type} instead of ${types.join(' or ')}`, value);
  }
  if (types.includes('string')) yield* brokenTexts(of, put);
  if (types.includes('integer')) yield* brokenNumbers(of, put);
  const value = at(body, path);
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    if (of.maxItems !== undefined)
      yield put(
        'too many elements',
        Array.from({ length: of.maxItems + 1 }, () => items[0]),
      );
    if ((of.minItems ?? 0) > 0) yield put('no elements', []);
    if (items.length > 0 && of.items !== undefined) yield* breaksAt(of.items, [...path, 0], body, resolve);
  }
  if (types.includes('object')) yield* brokenMembers(of, path, body, resolve);
}

function* brokenTexts(of: Schema, put: (what: string, value: unknown) => Break): Generator<Break> {
  yield put('a NUL character', 'a\u0000b');
  if (of.enum !== undefined) yield put('an unknown value', 'no such value');
  if (of.maxLength !== undefined) yield put('too long', 'x'.repeat(of.maxLength + 1));
  if ((of.minLength ?? 0) > 0) yield put('empty', '');
  if (of.pattern !== undefined) yield put('of another form', '\u0001');
  if (of.format === 'uuid') yield put('no UUID', 'not-a-uuid');
  if (of.format === 'date') yield put('no date', '2026-02-30');
  if (of.format === 'date-time') yield put('no instant', '2026-02-30T25:00:00Z');
}

function* brokenNumbers(of: Schema, put: (what: string, value: unknown) => Break): Generator<Break> {
  for (const value of [1e308, -1e308, 2 ** 60]) yield put('an absurd number', value);
  if (of.minimum !== undefined) yield put('too small', of.minimum - 1);
  if (of.maximum !== undefined) yield put('too large', of.maximum + 1);
}

function* brokenMembers(of: Schema, path: Path, body: unknown, resolve: Resolve): Generator<Break> {
  const { properties = {}, required = [], additionalProperties, maxProperties } = of;
  if (additionalProperties === false) {
    const extra = [...path, 'nobody_knows_this'];
    yield { what: 'an unknown member', field: extra.join('.'), body: replaced(body, extra, 1) };
  }
  if (typeof additionalProperties === 'object' && typesOf(additionalProperties).length > 0) {
    const member = [...path, 'member'];
    yield { what: 'a member of the wrong type', field: member.join('.'), body: replaced(body, member, { a: 1 }) };
  }
  if (maxProperties !== undefined) {
    const many = Object.fromEntries(Array.from({ length: maxProperties + 1 }, (_, index) => [`m${index}`, 'x']));
    yield { what: 'too many members', field: path.join('.'), body: replaced(body, path, many) };
  }
  for (const [name, property] of Object.entries(properties)) {
    const inside = [...path, name];
    if (required.includes(name)) {
      yield { what: 'missing', field: inside.join('.'), body: replaced(body, inside, undefined) };
    }
    yield* breaksAt(property, inside, body, resolve);
  }
}

function at(value: unknown, path: Path): unknown {
  return path.reduce(
    (inside, key) => (typeof inside === 'object' && inside !== null ? Reflect.get(inside, key) : undefined),
    value,
  );
}

/** A copy with another value at the path; undefined takes the member away. */
function replaced(value: unknown, path: Path, wanted: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return wanted;
  if (Array.isArray(value))
    return value.map((each: unknown, index) => (index === key ? replaced(each, rest, wanted) : each));
  const before: object = typeof value === 'object' && value !== null ? value : {};
  const entries = Object.entries(before).filter(([name]) => name !== key);
  const inside = replaced(Reflect.get(before, key), rest, wanted);
  return Object.fromEntries(inside === undefined ? entries : [...entries, [key, inside]]);
}
