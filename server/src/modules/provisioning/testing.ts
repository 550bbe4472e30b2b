import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Delivery = { readonly headers: IncomingHttpHeaders; readonly text: string };
/** What the vendor does with one delivery; one that answers nothing keeps the sender waiting. */
export type Reaction = (response: ServerResponse, delivery: Delivery) => void;

export const answering =
  (status: number, body: unknown = {}): Reaction =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
export const provisioned = answering(200, { status: 'provisioned' });
export const accepted = answering(202, { status: 'accepted' });
export const refused = answering(500, { error: 'not today' });
export const silent: Reaction = () => undefined;
export const hangingUp: Reaction = (response) => void response.destroy();

/** A vendor that receives webhooks: it keeps what comes, and reacts as it is told, at the end always in the last way. */
export async function aVendorServer() {
  const deliveries: Delivery[] = [];
  let reactions: Reaction[] = [provisioned];
  const server = createServer((request, response) => {
    void receive(request, response);
  });

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += String(chunk);
    const delivery = { headers: request.headers, text };
    deliveries.push(delivery);
    const [reaction, ...more] = reactions;
    if (more.length > 0) reactions = more;
    reaction!(response, delivery);
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/provision?from=tierline`,
    deliveries,
    react(...wanted: readonly Reaction[]): void {
      reactions = [...wanted];
      deliveries.length = 0;
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Checks a signature as a vendor would who has read the documents: over the time and the very bytes that came. */
export function isSigned({ headers, text }: Delivery, secret: string): boolean {
  const [, at, given] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['tierline-signature'])) ?? [];
  if (at === undefined || given === undefined) return false;
  const right = createHmac('sha256', secret).update(at).update('.').update(text).digest();
  return timingSafeEqual(right, Buffer.from(given, 'hex'));
}

export function signedAt({ headers }: Delivery): number {
  return Number(/^t=(\d+)/.exec(String(headers['tierline-signature']))?.[1]);
}
