import { apiBase } from '@tierline/contract';
import { apiSurfaces } from '@tierline/server/app/api.ts';
import type { Engine } from '@tierline/server/app/engine.ts';
import { aServer } from '@tierline/server/platform/http/testing.ts';
import type { World } from '../support/world.ts';

export type Sent = {
  readonly token?: string | undefined;
  readonly query?: Readonly<Record<string, string>> | undefined;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};

export type Answered = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The JSON of the body; undefined when there is none. */
  readonly body: unknown;
};

/** Our own API of an engine, in process: the whole way of a request but for the socket. */
export function apiCalls(engine: Engine) {
  const { server, lines } = aServer(apiSurfaces(engine));

  async function send(method: string, path: string, sent: Sent = {}): Promise<Answered> {
    const search = sent.query === undefined ? '' : `?${new URLSearchParams(sent.query).toString()}`;
    const response = await server.fetch(
      new Request(`http://localhost${path}${search}`, {
        method,
        headers: {
          ...(sent.token === undefined ? {} : { authorization: `Bearer ${sent.token}` }),
          ...(sent.body === undefined ? {} : { 'content-type': 'application/json' }),
          ...sent.headers,
        },
        ...(sent.body === undefined
          ? {}
          : { body: typeof sent.body === 'string' ? sent.body : JSON.stringify(sent.body) }),
      }),
    );
    const text = await response.text();
    const isJson = /[/+]json/.test(response.headers.get('content-type') ?? '');
    const body: unknown = isJson ? JSON.parse(text) : undefined;
    return { status: response.status, headers: response.headers, text, body };
  }

  return {
    /** A path of the server. */
    send,
    /** A path below the base of the API. */
    call: (method: string, path: string, sent?: Sent) => send(method, apiBase + path, sent),
    /** What the server logged. */
    lines,
  };
}

/** An API key of each account of a channel, by who it is. */
export async function keysOf<Who extends string>(
  world: Pick<World, 'credentials'>,
  accounts: Readonly<Record<Who, Parameters<World['credentials']>[0]>>,
): Promise<Record<Who, string>> {
  const keys: Partial<Record<Who, string>> = {};
  for (const who of Object.keys(accounts) as Who[]) keys[who] = (await world.credentials(accounts[who])).apiKey;
  return keys as Record<Who, string>;
}
