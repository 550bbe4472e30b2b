import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { sampleOf, type Sample } from './measure.ts';
import { signedRequest, type Signing } from './signed.ts';

/**
 * The load: a process of its own that sends requests over connections that stay open, one in flight on each. It speaks
 * just as much HTTP as the answers of this server need, so that it leaves the processor to what is measured.
 */
export type LoadOrder = {
  readonly port: number;
  readonly connections: number;
  readonly ms: number;
  /** Whole requests. Each is sent in turn; `@@` in one is replaced by a number that is never used twice. */
  readonly requests: readonly string[];
  readonly status: number;
  /** For each request the key it is signed with when it is sent, see `signedRequest`. */
  readonly signing?: readonly Signing[];
  /**
   * Whether the load never sleeps. Waking a sleeping process is charged to whoever writes to it, so a load that waits
   * makes a server look slower the longer it waits. For work of which the server's own processor is the limit.
   */
  readonly awake?: boolean;
  /** A steady pace: each connection sends one request in so many milliseconds. Without it, one after the other. */
  readonly everyMs?: number;
};

let numbered = Date.now() * 1000;
let signed = 0;

/** One connection; `ask` sends a request and waits for the whole answer. */
function client(socket: Socket) {
  let received = Buffer.alloc(0);
  let waiting: { resolve: (status: number) => void; reject: (error: Error) => void } | undefined;
  const fail = (error: Error): void => waiting?.reject(error);

  socket.on('error', fail);
  socket.on('close', () => fail(new Error('The server closed a connection.')));
  socket.on('data', (chunk) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    const headEnd = received.indexOf('\r\n\r\n');
    if (headEnd === -1) return;
    const head = received.toString('latin1', 0, headEnd);
    const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
    if (length === undefined && !head.includes(' 304 ')) {
      fail(new Error(`An answer without a length: ${head}`));
      return;
    }
    const whole = headEnd + 4 + Number(length ?? 0);
    if (received.length < whole) return;
    lastAnswer = received.subarray(0, whole);
    received = received.subarray(whole);
    waiting!.resolve(Number(head.slice(9, 12)));
  });
  return (request: string): Promise<number> =>
    new Promise((resolve, reject) => {
      waiting = { resolve, reject };
      socket.write(request, 'latin1');
    });
}

let lastAnswer = Buffer.alloc(0);

async function run({ port, connections, ms, requests, status, signing, awake, everyMs }: LoadOrder): Promise<Sample> {
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(port)));
  const took: number[] = [];
  let sent = Math.floor(Math.random() * requests.length);
  // A new round for all of them, wherever the run before ended.
  signed = Math.ceil((signed + 1) / requests.length) * requests.length;
  const began = performance.now();
  const until = began + ms;
  let isOver = awake !== true;
  const spin = (): void => void (isOver || setImmediate(spin));
  spin();
  await Promise.all(
    sockets.map(async (socket) => {
      const ask = client(socket);
      for (;;) {
        const start = performance.now();
        if (start >= until) break;
        sent += 1;
        const request = requests[sent % requests.length]!;
        const key = signing?.[sent % requests.length];
        const got = await ask(
          key === undefined
            ? filled(request)
            : signedRequest(request, key, Math.floor((signed += 1) / requests.length)),
        );
        if (got !== status)
          throw new Error(`Status ${got} instead of ${status}: ${lastAnswer.toString('utf8').slice(0, 1000)}`);
        took.push(performance.now() - start);
        const left = everyMs === undefined ? 0 : start + everyMs - performance.now();
        if (left > 0) await sleep(left);
      }
      socket.removeAllListeners('close');
      socket.end();
    }),
  );
  isOver = true;
  return sampleOf(took, performance.now() - began);
}

function filled(request: string): string {
  return request.includes('@@') ? request.replace('@@', String((numbered += 1))) : request;
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => {
      socket.off('error', reject);
      resolve(socket);
    });
    socket.once('error', reject);
  });
}

process.on('message', (order: LoadOrder) => {
  run(order).then(
    (sample) => process.send!({ sample }),
    (error: unknown) => process.send!({ error: String(error) }),
  );
});

// Nothing is left to do when the process that measures is gone.
process.on('disconnect', () => process.exit());
