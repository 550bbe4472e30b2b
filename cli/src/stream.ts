import { ApiError } from '@tierline/client';
import { apiBase, problem, type Route } from '@tierline/contract';
import type { Connection } from './connection.ts';
import type { Io } from './io.ts';

type FileRequest = {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: { readonly type: string; readonly pieces: AsyncIterable<Uint8Array> };
};

/** The same for an answer that is text. */
export async function openStream(
  io: Io,
  connection: Connection,
  route: Route,
  request: FileRequest,
): Promise<AsyncGenerator<string, void>> {
  return text(await openBytes(io, connection, route, request));
}

/** Requests whose bodies are files: they are sent and read piece by piece, and never tried again by themselves. */
export async function openBytes(
  io: Io,
  { url, apiKey }: Connection,
  route: Route,
  request: FileRequest,
): Promise<AsyncIterable<Uint8Array>> {
  const search = new URLSearchParams(request.query).toString();
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(request.params?.[name] ?? ''),
  );
  const init: RequestInit & { duplex?: 'half' } = {
    method: route.method.toUpperCase(),
    headers: {
      ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
      ...(request.body === undefined ? {} : { 'content-type': request.body.type }),
    },
    signal: io.stopped,
    ...(request.body === undefined ? {} : { body: streamOf(request.body.pieces), duplex: 'half' }),
  };
  const response = await io.fetch(`${url}${apiBase}${path}${search === '' ? '' : `?${search}`}`, init);
  if (!response.ok) throw await refusal(response);
  return response.body ?? nothing();
}

function streamOf(pieces: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = pieces[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = await iterator.next();
      if (next.done === true) controller.close();
      else controller.enqueue(next.value);
    },
    async cancel() {
      await iterator.return?.();
    },
  });
}

async function* nothing(): AsyncGenerator<Uint8Array, void> {
  // An answer without a body.
}

async function* text(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  for await (const piece of bytes) yield decoder.decode(piece, { stream: true });
  yield decoder.decode();
}

/** The lines of a text that comes in pieces. */
export async function* lines(pieces: AsyncIterable<string>): AsyncGenerator<string, void> {
  let rest = '';
  for await (const piece of pieces) {
    const whole = (rest + piece).split('\n');
    rest = whole.pop() ?? '';
    for (const line of whole) if (line !== '') yield line;
  }
  if (rest !== '') yield rest;
}

async function refusal(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => undefined);
  const parsed = problem.safeParse(body);
  return new ApiError(
    response.status,
    response.headers.get('x-request-id') ?? undefined,
    parsed.success ? parsed.data : {},
  );
}
