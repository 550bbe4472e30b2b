import { openApiDocument, routes, type Route } from '@tierline/contract';
import { expect, test } from 'vitest';
import { resolver, type Schema } from './broken.ts';

// What is sent to us is bounded everywhere: the other tests derive broken requests from the schemas, so a schema that
// allows everything would pass them.

type Operation = {
  readonly parameters?: readonly { readonly in: string; readonly name: string; readonly schema: Schema }[];
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly schema: Schema } } };
};

const document = JSON.parse(JSON.stringify(openApiDocument({}))) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
};
const resolve = resolver(document);

/** Members that callers choose freely; their number is bounded, and the size of the whole body. */
const free = /(^|\.)(profile|policies|attributes|parameters)(\.|$)/;

function unbounded(schema: Schema, path: string): string[] {
  const of = resolve(schema);
  const types = of.type === undefined ? [] : [of.type].flat();
  if (of.enum !== undefined) return [];
  if (of.anyOf !== undefined) return of.anyOf.flatMap((one, index) => unbounded(one, `${path}|${index}`));
  if (types.length === 0) return free.test(path) ? [] : [`${path}: anything`];
  return [
    ...(types.includes('string') && !isBoundedText(of) ? [`${path}: text of any length`] : []),
    ...(types.includes('integer') && !isBoundedNumber(of) ? [`${path}: any number`] : []),
    ...(types.includes('number') ? [`${path}: a number that is not whole`] : []),
    ...(types.includes('array') && of.maxItems === undefined ? [`${path}: any number of elements`] : []),
    ...(of.items === undefined ? [] : unbounded(of.items, `${path}.0`)),
    ...(types.includes('object') && !isBoundedObject(of) ? [`${path}: any members`] : []),
    ...Object.entries(of.properties ?? {}).flatMap(([name, property]) => unbounded(property, `${path}.${name}`)),
  ];
}

const isBoundedText = ({ maxLength, format, pattern }: Schema): boolean =>
  maxLength !== undefined ||
  format === 'uuid' ||
  format === 'date' ||
  (pattern !== undefined && !/[^\\][+*]/.test(pattern));
// Text or a whole number: the pattern of the text bounds both.
const isBoundedNumber = ({ minimum, maximum, pattern }: Schema): boolean =>
  pattern !== undefined || (minimum !== undefined && maximum !== undefined);
const isBoundedObject = ({ additionalProperties, maxProperties }: Schema): boolean =>
  additionalProperties === false || maxProperties !== undefined;

test('every part of a request has bounds', () => {
  const found = Object.values<Route>(routes).flatMap(({ operationId, path, method, body, query }) => {
    const operation = document.paths[path]![method]!;
    const schema = operation.requestBody?.content['application/json'].schema;
    expect(schema === undefined).toBe(body === undefined);
    const fields = (operation.parameters ?? []).filter((parameter) => parameter.in === 'query');
    expect(fields).toHaveLength(Object.keys(query?.shape ?? {}).length);
    return [
      ...(schema === undefined ? [] : unbounded(schema, operationId)),
      ...fields.flatMap((field) => unbounded(field.schema, `${operationId}?${field.name}`)),
    ];
  });
  expect(found).toEqual([]);
});

test('what has no bounds is found', () => {
  const text: Schema = { type: 'string' };
  expect(unbounded(text, 'a')).toEqual(['a: text of any length']);
  expect(unbounded({ type: 'object', properties: { b: { type: 'array', items: text } } }, 'a')).toEqual([
    'a: any members',
    'a.b: any number of elements',
    'a.b.0: text of any length',
  ]);
});

test('every pattern of the document is one that others can read', () => {
  const patterns = new Set<string>();
  JSON.stringify(document, (name, value: unknown) => {
    if (name === 'pattern' && typeof value === 'string') patterns.add(value);
    return value;
  });
  expect(patterns.size).toBeGreaterThan(10);
  for (const pattern of patterns) {
    expect(pattern).toMatch(/^\^.*\$$/);
    // Throws for what is no pattern.
    expect(new RegExp(pattern, 'u')).toBeInstanceOf(RegExp);
  }
});
