import { createHmac } from 'node:crypto';
import { buildChannel, cause, masterKey, openEngine } from './channel.ts';
import { startLoad, startServer } from './children.ts';
import { benchDatabase } from './database.ts';
import { fetched } from './exchange.ts';
import { effortOf, interleave, ratio, withCpu } from './measure.ts';
import type { Report } from './report.ts';

const path = '/LMPI/v2/me/serviceplans';
const plansCount = 10;
/** Different signatures, so that none is known by heart. All within the clock skew that the server allows. */
const signedCount = 500;

function signed(credential: { accessToken: string; secretKey: string }, ageSeconds: number): string {
  const time = String(Math.floor(Date.now() / 1000) - ageSeconds);
  const signature = createHmac('sha256', credential.secretKey).update(`${time}GET${path}`).digest('base64');
  return (
    `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nx-access-token: ${credential.accessToken}\r\nx-posix-time: ${time}\r\n` +
    `x-signature: ${signature}\r\nx-traceid: bench-${ageSeconds}\r\n\r\n`
  );
}

/** The check of a signature and a reseller's service plans, against a handler that has the bytes ready. */
export async function lmpi(quick: boolean): Promise<Report> {
  const database = await benchDatabase();
  const engine = await openEngine(database.open(4));
  const channel = await buildChannel(engine, { resellers: 1, customersEach: 1 });
  const { catalog, provider, distributor } = channel;
  const reseller = channel.resellers[0]!;
  for (let index = 1; index < plansCount; index += 1) {
    const plan = await catalog.plan(provider, { rates: [{ mpn: `MPN-${index}`, prices: '10' }] });
    await catalog.delegate([provider, distributor, reseller], plan);
  }
  const acting = { accountId: reseller.id, role: 'owner' as const };
  const credential = await engine.access.createLmpiCredential(cause(), acting, reseller.id);
  const requests = Array.from({ length: signedCount }, (_, index) => signed(credential, index % 300));
  const server = await startServer('./server-process.ts', {
    DATABASE_URL: database.url,
    TIERLINE_MASTER_KEY: masterKey.toString('base64'),
  });
  const { body, headers } = await fetched(server.port, requests[0]!);
  const bare = await startServer('./bare-process.ts', {}, [{ path, bodyBase64: body.toString('base64'), headers }]);
  const load = startLoad();
  const order = { connections: 32, requests, status: 200, awake: true };
  const names = { bare: 'bare handler, the same bytes', signed: `GET ${path}, signed` };
  const measured = await interleave(
    [
      withCpu({ name: names.bare, run: (ms) => load.run({ ...order, port: bare.port, ms }) }, [bare.pid]),
      withCpu({ name: names.signed, run: (ms) => load.run({ ...order, port: server.port, ms }) }, [server.pid]),
    ],
    effortOf(quick),
  );
  engine.revisions.stop();
  await Promise.all([load.stop(), server.stop(), bare.stop()]);
  await database.close();
  const plans = (JSON.parse(body.toString()) as unknown[]).length;
  return {
    title: `lmpi: the check of a signature and ${plans} service plans, ${body.length} bytes`,
    measured,
    ratios: [
      { what: `${names.signed} / ${names.bare}`, value: ratio(measured, names.signed, names.bare), atLeast: 0.5 },
    ],
    notes: [],
  };
}
