import {
  routes,
  type AnswerOf,
  type OperationId,
  type OrderDetail,
  type OrderPreview,
  type RequestOf,
  type Routes,
} from '@tierline/contract';
import { transport, type CallOptions, type ClientOptions, type PlainRequest } from './transport.ts';

export { ApiError, type ApiReason } from './api-error.ts';
export type { CallOptions, ClientOptions } from './transport.ts';

type Request<Id extends OperationId> = RequestOf<Routes[Id]> & CallOptions;
/** The request itself may be left out where nothing of it is needed. */
type Arguments<Id extends OperationId> =
  Request<Id> extends { readonly params: unknown } | { readonly body: unknown }
    ? [request: Request<Id>]
    : [request?: Request<Id>];

/** Every operation of the contract by its id: it takes params, query and body, and answers the body of success. */
export type Operations = {
  readonly [Id in Exclude<OperationId, 'placeOrder'>]: (...input: Arguments<Id>) => Promise<AnswerOf<Routes[Id]>>;
};

type ListId = {
  [Id in OperationId]: AnswerOf<Routes[Id]> extends { data: readonly unknown[]; next_cursor: string | null }
    ? Id
    : never;
}[OperationId];
type ElementOf<Id extends ListId> = AnswerOf<Routes[Id]> extends { data: readonly (infer Element)[] } ? Element : never;
type OrderRequest = Pick<Request<'placeOrder'>, 'body'> & CallOptions;

export type Client = Operations & {
  placeOrder(request: OrderRequest): Promise<OrderDetail>;
  /** The same decision without storing anything. */
  previewOrder(request: OrderRequest): Promise<OrderPreview>;
  /** Every element of a list, page by page as they are asked for. */
  each<Id extends ListId>(operationId: Id, ...input: Arguments<Id>): AsyncGenerator<ElementOf<Id>, void>;
};

/**
 * A client of our own API. Writes get an idempotency key and are tried again after 429, 503 and broken connections.
 * @throws ApiError for every refusal
 */
export function createClient(options: ClientOptions): Client {
  const send = transport(options);

  async function* each(operationId: OperationId, request: PlainRequest = {}): AsyncGenerator<unknown, void> {
    let cursor: string | null | undefined;
    do {
      const query = { ...request.query, ...(cursor === undefined ? {} : { cursor }) };
      const page = pageShape(await send(routes[operationId], { ...request, query }));
      yield* page.data;
      cursor = page.next_cursor;
    } while (cursor !== null);
  }

  const operations = Object.fromEntries(
    Object.entries(routes).map(([operationId, route]) => [
      operationId,
      (request: PlainRequest = {}) => send(route, request),
    ]),
  );
  const previewOrder = (request: PlainRequest) => send(routes.placeOrder, { ...request, query: { preview: 'true' } });
  // What each operation takes and answers is what its description says.
  return { ...operations, previewOrder, each } as unknown as Client;
}

function pageShape(value: unknown): { data: readonly unknown[]; next_cursor: string | null } {
  if (typeof value === 'object' && value !== null && 'data' in value && 'next_cursor' in value) {
    const { data, next_cursor: next } = value;
    if (Array.isArray(data) && (next === null || typeof next === 'string')) return { data, next_cursor: next };
  }
  throw new TypeError('The server answered no page.');
}
