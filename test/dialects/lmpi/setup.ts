import { createHash, createHmac, randomUUID } from 'node:crypto';
import { Agent, request, type IncomingHttpHeaders } from 'node:http';
import { lmpiSurface } from '@tierline/server/dialects/lmpi/index.ts';
import type { Account } from '@tierline/server/modules/accounts/index.ts';
import type { NewProduct } from '@tierline/server/modules/catalog/index.ts';
import { aServer } from '@tierline/server/platform/http/testing.ts';
import { openWorld } from '../../support/world.ts';

export type Credential = { readonly accessToken: string; readonly secretKey: string };

export type Sent = {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD' | 'PATCH' | 'OPTIONS';
  /** From the host's root, sent as it is. */
  readonly target: string;
  /** An object is sent as JSON. */
  readonly body?: unknown;
  /** What is sent instead of the right header; null: not at all. */
  readonly headers?: Readonly<Record<string, string | null>>;
  /** The text that is signed instead of the right one. */
  readonly sign?: (right: string) => string;
  readonly posixTime?: string;
  /** On a connection of its own, for a request after which the server closes it. */
  readonly alone?: boolean;
};

export type Answer = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The text as JSON; undefined when it is empty. */
  readonly json: unknown;
};

export type LmpiWorld = Awaited<ReturnType<typeof openLmpi>>;

/** A server that speaks LMPI over a connection, four partners of all roles with credentials, and another channel. */
export async function openLmpi(
  options: {
    replayProtection?: boolean;
    clockSkewSeconds?: number;
    maxBodyBytes?: number;
    keyOverlapHours?: number;
  } = {},
) {
  const world = await openWorld();
  const { engine } = world;
  const config = {
    lmpiClockSkewSeconds: options.clockSkewSeconds ?? 900,
    lmpiReplayProtection: options.replayProtection ?? false,
    lmpiKeyOverlapHours: options.keyOverlapHours ?? 720,
  };
  const { server, lines } = aServer(
    [lmpiSurface({ ...engine, config })],
    options.maxBodyBytes === undefined ? {} : { maxBodyBytes: options.maxBodyBytes },
  );
  const { port, url } = await server.listen();
  const agent = new Agent({ keepAlive: true });

  const provider = await world.provider();
  const distributor = await world.distributor(provider);
  const isp = await world.isp(provider);
  const msp = await world.msp(distributor);
  const reseller = await world.reseller(distributor);
  const partners = { distributor, isp, msp, reseller };
  const credential = async (of: Account) => (await world.credentials(of)).lmpi!;
  const credentials = {
    distributor: await credential(distributor),
    isp: await credential(isp),
    msp: await credential(msp),
    reseller: await credential(reseller),
  };

  const nowSeconds = (): number => Math.floor(world.clock.now().epochMilliseconds / 1000);

  /** Signs as the reference says, in words of its own, and sends. */
  async function send(as: Credential, sent: Sent): Promise<Answer> {
    const method = sent.method ?? 'GET';
    const body = bytesOf(sent.body);
    const posixTime = sent.posixTime ?? String(nowSeconds());
    const md5 = body.length === 0 ? '' : createHash('md5').update(body).digest('base64');
    const right = `${posixTime}${method}${sent.target}${md5}`;
    const signature = createHmac('sha256', Buffer.from(as.secretKey, 'utf8'))
      .update(Buffer.from(sent.sign === undefined ? right : sent.sign(right), 'utf8'))
      .digest('base64');
    const headers: Record<string, string | null> = {
      'x-access-token': as.accessToken,
      'x-posix-time': posixTime,
      'x-signature': signature,
      'x-traceid': randomUUID(),
      'content-type': 'application/json; charset=utf-8',
      'content-length': body.length === 0 ? null : String(body.length),
      ...sent.headers,
    };
    const given = Object.entries(headers).filter((header): header is [string, string] => header[1] !== null);
    return exchange(
      sent.alone === true ? false : agent,
      { port, method, path: sent.target, headers: Object.fromEntries(given) },
      body,
    );
  }

  const get = (as: Credential, target: string, more: Partial<Sent> = {}) => send(as, { target, ...more });
  const post = (as: Credential, target: string, body: unknown, more: Partial<Sent> = {}) =>
    send(as, { method: 'POST', target, body, ...more });

  /** A product with a resource, so that plans can be made of it, and units of it for some partners. */
  async function stocked(
    facts: Partial<NewProduct>,
    units: readonly (readonly [partner: Account, units: bigint, licenseVersion?: 'trial' | 'full'])[] = [],
  ) {
    const product = await world.product(provider, facts);
    await world.resource(provider, product, `MPN-${product.code}`);
    for (const [partner, count, licenseVersion = 'full'] of units) {
      await engine.pools.mint(world.cause(), partner, { productId: product.id, licenseVersion, units: count });
    }
    return product;
  }

  return {
    ...world,
    url,
    lines,
    top: provider,
    partners,
    credential,
    credentials,
    nowSeconds,
    send,
    get,
    post,
    stocked,
    async stop(): Promise<void> {
      agent.destroy();
      await server.close();
      await world.close();
    },
  };
}

function bytesOf(body: unknown): Buffer {
  if (body === undefined) return Buffer.alloc(0);
  if (body instanceof Uint8Array) return Buffer.from(body);
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body), 'utf8');
}

function exchange(
  agent: Agent | false,
  to: { port: number; method: string; path: string; headers: Record<string, string> },
  body: Buffer,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ ...to, agent, host: '127.0.0.1' }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', reject);
      incoming.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const json: unknown = text === '' ? undefined : JSON.parse(text);
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text, json });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** What an error must look like: exactly two members, both strings (LMPI reference, part 1, 3.1). */
export function refusal(answer: Answer): { status: number; subject: string } {
  const { json, status, headers } = answer;
  if (typeof json !== 'object' || json === null) throw new Error(`No object: ${answer.text}`);
  const entries = Object.entries(json);
  const isEnvelope =
    entries.map(([name]) => name).join() === 'error_subject,error_message' &&
    entries.every(([, value]) => typeof value === 'string' && value !== '') &&
    headers['content-type'] === 'application/json; charset=utf-8';
  if (!isEnvelope) throw new Error(`Not the envelope: ${answer.text}`);
  return { status, subject: String(entries[0]![1]) };
}
