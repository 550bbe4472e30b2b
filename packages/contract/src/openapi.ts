import { OpenAPIHono, z, type RouteConfig } from '@hono/zod-openapi';
import { cast } from './cast.ts';
import { streamRoutes } from './catalog-import.ts';
import { billingReportFileRoutes } from './billing-reports.ts';
import { reportFileRoutes } from './reports.ts';
import { usageFileRoutes } from './usage.ts';
import { apiBase, routes } from './routes.ts';
import type { Example, Route } from './route.ts';
import { problem } from './wire.ts';

/** The recorded bodies of the answers to an operation's examples, in their order. */
export type RecordedAnswers = Readonly<Record<string, readonly unknown[]>>;
export type OpenApiDocument = ReturnType<OpenAPIHono['getOpenAPI31Document']>;

const introduction = [
  'The own API of Tierline. Every request names an API key or the token of a session: `Authorization: Bearer <token>`.',
  'A role held in an account covers that account and everything below it; what is elsewhere is not found.',
  '',
  'Amounts and quantities are text with exact decimals. Unknown members and query fields are errors. A refusal is',
  'problem+json with a stable `code` and every reason at once, each with its `field`.',
  '',
  'Lists come in pages: `next_cursor` of one page is the `cursor` of the next. Every write takes an `Idempotency-Key`;',
  'a retry with the same key is answered the same and happens once. A single thing has an `ETag`; a PATCH or a command',
  'with that in `If-Match` is refused when the thing was changed meanwhile.',
].join('\n');

/**
 * The OpenAPI 3.1 document of the whole API: a pure function of the contract.
 * @param answers what a running engine answered to the examples
 */
export function openApiDocument(answers: RecordedAnswers): OpenApiDocument {
  const app = new OpenAPIHono();
  const registry = app.openAPIRegistry;
  registry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    description: 'An API key (tl_key_...) or the token of a session (tl_ses_...).',
  });
  registerRefusals(registry);
  const described = Object.values<Route>({
    ...routes,
    ...streamRoutes,
    ...reportFileRoutes,
    ...usageFileRoutes,
    ...billingReportFileRoutes,
  });
  for (const route of described) {
    registry.registerPath(describe(route, answers[route.operationId] ?? []));
  }
  const document = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: { title: 'Tierline API', version: '1', description: introduction, license: { name: 'Apache-2.0' } },
    servers: [{ url: apiBase }],
    security: [{ bearer: [] }],
    tags: [...new Set(described.map(({ tag }) => tag))].map((name) => ({ name })),
  });
  return document;
}

function describe(route: Route, answers: readonly unknown[]): RouteConfig {
  const { operationId, method, path, tag, summary, description, permission, params, query, body } = route;
  const examples = route.examples.map((example, index) => ({ example, answer: answers[index] }));
  const json = body && {
    'application/json': {
      schema: body,
      examples: Object.fromEntries(
        examples.map(({ example }, index) => [nameOf(example, index), { value: example.body }]),
      ),
    },
  };
  const content = route.streams?.request === undefined ? json : files(route.streams.request);
  return {
    operationId,
    method,
    path,
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    ...(permission === null ? {} : { 'x-permission': permission }),
    // The answer of each stands with the answers, under the same name.
    'x-examples': route.examples.map((example, index) => ({
      name: nameOf(example, index),
      status: example.status,
      request: curlOf(route, example),
    })),
    ...(route.isPublic === true ? { security: [] } : {}),
    request: {
      ...(params === undefined ? {} : { params }),
      ...(query === undefined ? {} : { query }),
      ...(content === undefined ? {} : { body: { required: true, content } }),
      ...headersOf(route),
    },
    responses: { ...successesOf(route, examples), ...refusalsOf(route) },
  };
}

function nameOf({ as }: Example, index: number): string {
  return `${index + 1}-as-${as}`;
}

/** Bodies of any size; `record` is one line of them. */
function files(types: readonly string[], record?: z.ZodType | null) {
  const schema = record ?? { type: 'string' as const, format: 'binary' };
  return Object.fromEntries(types.map((type) => [type, { schema }]));
}

const headers = {
  'Tierline-Account': z
    .string()
    .optional()
    .openapi({ format: 'uuid', description: 'For users with several accounts: the one to act for.' }),
  'Idempotency-Key': z
    .string()
    .optional()
    .openapi({ maxLength: 255, description: 'Makes a retry safe: visible ASCII, new for each new request.' }),
  'If-Match': z.string().optional().openapi({ description: 'The ETag of the version to be changed.', example: '"3"' }),
};

/** Whether an operation may be refused because its thing is of another version by now. */
export function takesVersion(route: Route): boolean {
  return route.method === 'patch' || route.takesVersion === true;
}

function headersOf(route: Route): { headers?: z.ZodObject } {
  const isWrite = route.method !== 'get';
  const shape = {
    ...(route.isPublic === true ? {} : { 'Tierline-Account': headers['Tierline-Account'] }),
    ...(isWrite && route.isNotRepeatable !== true ? { 'Idempotency-Key': headers['Idempotency-Key'] } : {}),
    ...(takesVersion(route) ? { 'If-Match': headers['If-Match'] } : {}),
  };
  return Object.keys(shape).length === 0 ? {} : { headers: z.object(shape) };
}

function successesOf(
  route: Route,
  examples: readonly { example: Example; answer: unknown }[],
): RouteConfig['responses'] {
  const etag = { ETag: { schema: { type: 'string' as const }, description: 'The version, in quotes.' } };
  const headers = route.hasVersion === true ? { headers: etag } : {};
  const responses: RouteConfig['responses'] = {};
  for (const [status, schema] of Object.entries(route.answers)) {
    const shown: Record<string, { value: unknown }> = {};
    for (const [index, { example, answer }] of examples.entries()) {
      if (String(example.status) === status) shown[nameOf(example, index)] = { value: answer };
    }
    const json = schema === null ? {} : { content: { 'application/json': { schema, examples: shown } } };
    const content = route.streams === undefined ? json : { content: files(route.streams.answer, schema) };
    responses[status] = { description: meaning[status] ?? '', ...content, ...headers };
  }
  return responses;
}

const meaning: Readonly<Record<string, string>> = {
  200: 'Done.',
  201: 'Made.',
  204: 'Done; there is nothing to say.',
  304: 'Not changed since the ETag in If-None-Match.',
  400: 'Something in the request is wrong; every reason is named.',
  401: 'No credentials, or wrong ones.',
  403: 'The permission table does not allow it.',
  404: 'There is no such thing, or not for you.',
  409: 'It contradicts what is there.',
  412: 'Changed since the version in If-Match.',
  413: 'The body is larger than the server takes.',
  415: 'The body is not application/json in UTF-8.',
  429: 'Too many failed attempts; wait as Retry-After says.',
};

/** Which refusals an operation knows; the tests hold every answer against this. */
export function refusalStatuses(route: Route): number[] {
  const isWrite = route.method !== 'get';
  return [
    400,
    ...(route.isPublic === true ? [401, 403, 429] : [401, 403]),
    404,
    ...(isWrite ? [409] : []),
    ...(takesVersion(route) ? [412] : []),
    ...(route.body === undefined ? [] : [413, 415]),
  ];
}

function refusalsOf(route: Route): RouteConfig['responses'] {
  const statuses = [...(route.method === 'get' && route.hasVersion === true ? [304] : []), ...refusalStatuses(route)];
  return Object.fromEntries(statuses.map((status) => [String(status), { $ref: `#/components/responses/${status}` }]));
}

/** What every refusal looks like: described once, referred to by every operation. */
function registerRefusals(registry: OpenAPIHono['openAPIRegistry']): void {
  registry.register('Problem', problem);
  const content = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
  for (const [status, description] of Object.entries(meaning)) {
    if (Number(status) < 300) continue;
    registry.registerComponent('responses', status, { description, ...(status === '304' ? {} : { content }) });
  }
}

const keyNames: Readonly<Record<Example['as'], string | undefined>> = {
  provider: 'PROVIDER_KEY',
  distributor: 'DISTRIBUTOR_KEY',
  reseller: 'RESELLER_KEY',
  msp: 'MSP_KEY',
  person: 'SESSION_TOKEN',
  nobody: undefined,
};

/** The request of an example as a command line. */
function curlOf(route: Route, { as, params, query, body }: Example): string {
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => params?.[name] ?? cast.provider);
  const search = query === undefined ? '' : `?${new URLSearchParams(query).toString()}`;
  const key = keyNames[as];
  const lines = [
    `curl ${route.method === 'get' ? '' : `-X ${route.method.toUpperCase()} `}"$TIERLINE_URL${apiBase}${path}${search}"`,
    ...(key === undefined ? [] : [`-H "Authorization: Bearer $${key}"`]),
    ...(route.streams?.request === undefined ? [] : [`-H 'Content-Type: text/csv'`, '--data-binary @catalog.csv']),
    ...(body === undefined ? [] : [`-H 'Content-Type: application/json'`, `-d '${JSON.stringify(body, null, 2)}'`]),
  ];
  return lines.join(' \\\n  ');
}
