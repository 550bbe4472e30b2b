import { gzipSync } from 'node:zlib';
import { bytesOf, type Target } from './wire.ts';

/** Something to send that nobody should, and whether it can only be refused. */
export type Hostile = {
  readonly what: string;
  readonly bytes: Uint8Array;
  readonly headers?: Readonly<Record<string, string | null>>;
  readonly mayBeAccepted?: true;
};

const deep = (count: number): string => '['.repeat(count) + ']'.repeat(count);

/** In the place of a value: what is no JSON, or no value of anything. */
const impossible: readonly string[] = [
  '1e400',
  '-1e400',
  'NaN',
  'Infinity',
  '0x10',
  '010',
  '1.',
  'undefined',
  '"\\u0000"',
  '"a\\u0000b"',
  '"\\ud800"',
  '"\\udc00\\ud800"',
  '{"__proto__":{"a":1}}',
  deep(10_000),
];

/** What no schema has in mind, though here or there it may mean something: a name of figures, an empty list. */
const absurd: readonly string[] = [
  '-0',
  '1e-400',
  '99999999999999999999',
  '-99999999999999999999.5',
  '0.1000000000000000055511151231257827',
  '""',
  '"   "',
  `"${'x'.repeat(100_000)}"`,
  '"\u202e\u200b"',
  `"'; drop table orders; --"`,
  '"1e400"',
  '"-0"',
  '"0x10"',
  '"99999999999999999999999999999999999999999999"',
  'true',
  'null',
  '[]',
  '{}',
  '{"constructor":{"prototype":{"a":1}}}',
  '"2026-02-30"',
];

const place = '@@here@@';

/** The body with each of its values, one after the other, replaced by each of the above. */
export function brokenValues(target: Target): Hostile[] {
  const replaced = (path: Path, value: string): Hostile => {
    const body = structuredClone(target.body());
    setAt(body, path, place);
    const text = JSON.stringify(body).replace(`"${place}"`, () => value);
    return { what: `${path.join('.')}: ${value.slice(0, 60)}`, bytes: Buffer.from(text) };
  };
  return pathsOf(target.body()).flatMap((path) => [
    ...impossible.map((value) => replaced(path, value)),
    ...absurd.map((value): Hostile => ({ ...replaced(path, value), mayBeAccepted: true })),
  ]);
}

/** Forms have no types, but each of their fields can be missing, empty, doubled or full of what is no text. */
export function brokenFields(target: Target): Hostile[] {
  const fields = Object.entries(target.body()).map(
    ([name, value]) => [name, encodeURIComponent(String(value))] as const,
  );
  const wrong = ['', '%00', '%ff%fe', '%ed%a0%80', '%zz', '1e400', 'x'.repeat(100_000), '%5B%5D', '%F0%9F%A7%BE'];
  return fields.flatMap(([name]) =>
    wrong.map((value) => {
      const text = fields.map(([field, right]) => `${field}=${field === name ? value : right}`).join('&');
      return { what: `${name}=${value.slice(0, 20)}`, bytes: Buffer.from(text) };
    }),
  );
}

/** Whole bodies that are wrong whatever the target is. */
export function brokenBodies(target: Target): Hostile[] {
  const valid = (): Uint8Array => bytesOf(target, target.body());
  const text = (): string => Buffer.from(valid()).toString();
  const isJson = target.contentType === 'application/json';
  const bodies: Hostile[] = [
    { what: 'half of it', bytes: valid().subarray(0, 9) },
    { what: 'a NUL before it', bytes: Buffer.concat([Buffer.from([0]), valid()]) },
    { what: 'a NUL after it', bytes: Buffer.concat([valid(), Buffer.from([0])]) },
    { what: 'bytes that are no UTF-8', bytes: Buffer.from([0xff, 0xfe, 0x7b, 0x7d]) },
    { what: 'UTF-16', bytes: Buffer.from(text(), 'utf16le') },
    { what: 'an overlong encoding', bytes: Buffer.concat([Buffer.from([0xc0, 0xaf]), valid()]) },
    { what: '10 MB', bytes: Buffer.alloc(10_000_000, 0x20) },
    { what: 'a megabyte and one byte', bytes: Buffer.alloc(1024 * 1024 + 1, 0x20) },
    {
      what: '2 MB in chunks',
      bytes: Buffer.alloc(2_000_000, 0x20),
      headers: { 'content-length': null, 'transfer-encoding': 'chunked' },
    },
    ...[
      'text/plain',
      'application/xml',
      'multipart/form-data; boundary=x',
      `${target.contentType}; charset=utf-16`,
    ].map((type) => ({ what: `the content type ${type}`, bytes: valid(), headers: { 'content-type': type } })),
    { what: 'no content type', bytes: valid(), headers: { 'content-type': null } },
    { what: 'gzip that says so', bytes: gzipSync(valid()), headers: { 'content-encoding': 'gzip' } },
    { what: 'gzip that does not say so', bytes: gzipSync(valid()) },
    { what: 'an encoding that nobody knows', bytes: valid(), headers: { 'content-encoding': 'brotli, gzip' } },
  ];
  if (!isJson) return [...bodies, { what: 'JSON', bytes: Buffer.from('{"grant_type":"password"}') }];
  const texts = ['{"a":', '{} {}', '{}x', "{'a':1}", '{"a":1,}', '[', deep(10_000), '{"a":'.repeat(10_000)];
  const kinds = ['null', '[]', '"text"', '7', 'true'];
  const many = Array.from({ length: 90_000 }, (_, index) => `"${index}":1`).join();
  return [
    ...bodies,
    ...[...texts, ...kinds].map((body) => ({ what: `the body ${body.slice(0, 30)}`, bytes: Buffer.from(body) })),
    { what: 'a form', bytes: Buffer.from('name=x'), headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    // Where nothing is required and what is unknown is ignored, these say nothing.
    { what: 'an unknown member', bytes: Buffer.from('{"a":1}'), mayBeAccepted: true },
    { what: '90,000 members', bytes: Buffer.from(`{${many}}`), mayBeAccepted: true },
  ];
}

/** Parts of a path where an id belongs, and values of queries, as they are sent. */
export const oddTexts = [
  '%00',
  'a%00b',
  '%ff',
  '%C0%AF',
  '%E0%A4%A',
  '%zz',
  '..',
  '%2e%2e%2f%2e%2e%2fetc%2fpasswd',
  '1e400',
  '-0',
  '-1',
  '99999999999999999999',
  'NaN',
  'null',
  '%27%20or%201=1--',
  '%F0%9F%A7%BE',
  '%E2%80%AE',
  '00000000-0000-0000-0000-000000000000',
  'x'.repeat(5000),
] as const;

type Path = readonly (string | number)[];

function pathsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const inner = Object.entries(value).flatMap(([name, member]) =>
    pathsOf(member, [...path, Array.isArray(value) ? Number(name) : name]),
  );
  return path.length === 0 ? inner : [path, ...inner];
}

function setAt(body: Readonly<Record<string, unknown>>, path: Path, value: unknown): void {
  let at: unknown = body;
  for (const name of path.slice(0, -1)) at = Reflect.get(Object(at), name);
  Reflect.set(Object(at), path.at(-1)!, value);
}
