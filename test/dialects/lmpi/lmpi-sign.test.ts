import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lmpi as send, sign } from '../../../docs/start/lmpi-sign.ts';
import { openLmpi, type LmpiWorld } from './setup.ts';

// The signing recipes of the documents, as a newcomer runs them.

const start = new URL('../../../docs/start/', import.meta.url);

let lmpi: LmpiWorld;
beforeAll(async () => {
  // The scripts have the time from the machine.
  lmpi = await openLmpi();
  lmpi.moveTo(new Date().toISOString());
  await lmpi.stocked({ code: 'NNZBXXE1X' }, [[lmpi.partners.msp, 5n]]);
});
afterAll(() => lmpi.stop());

type Ran = { readonly code: number; readonly out: string; readonly err: string };

const recipes = { 'lmpi-sign.sh': 'bash', 'lmpi-sign.ts': process.execPath } as const;

function runner(name: keyof typeof recipes) {
  const script = fileURLToPath(new URL(name, start));
  return (given: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ran> => {
    const { accessToken, secretKey } = lmpi.credentials.msp;
    const env = {
      PATH: process.env['PATH'],
      LMPI_BASE: lmpi.url,
      LMPI_ACCESS_TOKEN: accessToken,
      LMPI_SECRET_KEY: secretKey,
      no_proxy: '*',
      ...environment,
    };
    return new Promise((resolve) => {
      execFile(recipes[name], [script, ...given], { env }, (error, out, err) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err });
      });
    });
  };
}

describe.each(['lmpi-sign.sh', 'lmpi-sign.ts'] as const)('%s', (name) => {
  const run = runner(name);

  it('sends a signed GET', async () => {
    const { code, out, err } = await run(['get', '/LMPI/v2/partners/product?x=a%3Ab']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(JSON.parse(out)).toMatchObject({ products: [{ available: 5 }] });
  });

  it('sends a signed POST with exactly the body it is given', async () => {
    const { products } = JSON.parse((await run(['GET', '/LMPI/v3/partners/product'])).out) as {
      products: { product_id: string }[];
    };
    const body = {
      partner_id: lmpi.partners.msp.id,
      product_id: products[0]!.product_id,
      service_plan_name: `株式会社 "quoted" \\ 100 % by ${name}`,
      type: 'SaaS',
      version: '1',
      period: '12',
      activation_type: '0',
      price_type: 'U',
    };
    const { code, out } = await run(['POST', '/LMPI/v3/partners/serviceplan', JSON.stringify(body, null, 2)]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ service_plan_name: body.service_plan_name, version: 'full' });
  });

  it('shows a refusal and fails', async () => {
    const { code, out } = await run(['GET', '/LMPI/v2/me/serviceplans'], { LMPI_SECRET_KEY: 'another-secret-key' });
    expect(code).toBe(22);
    expect(JSON.parse(out)).toMatchObject({ error_subject: 'AuthenticationFailureSignature' });
  });

  it('says what it needs', async () => {
    expect(await run(['GET'])).toMatchObject({ code: 2, err: `usage: ${name} METHOD PATH [BODY]\n` });
    expect((await run(['GET', 'LMPI/v2/me/serviceplans'])).code).toBe(2);
    expect((await run(['GET', '/LMPI/v2/me/serviceplans'], { LMPI_SECRET_KEY: '' })).err).toContain('LMPI_SECRET_KEY');
  });
});

describe('lmpi-sign.ts, imported', () => {
  it('signs as the reference has it (part 1, 1.4: vector 2)', () => {
    const key = 'bG9jYWwtdGVzdC1rZXktbm90LWEtcmVhbC1zZWNyZXQ=';
    const target =
      '/LMPI/v2/customers/11111111-2222-4333-8444-555555555555/subscriptions/66666666-7777-4888-9999-aaaaaaaaaaaa';
    const body = Buffer.from('{"units_per_license":30}');
    expect(sign(key, '1700000000', 'PUT', target, body)).toBe('HPDH+y9OgndOB5nIYarkIO+Int5Qi8XWNfdCcHrSQrs=');
  });

  it('tells status and text', async () => {
    const keys = { base: lmpi.url, ...lmpi.credentials.reseller };
    expect(await send(keys, 'GET', '/LMPI/v3/me/serviceplans')).toEqual({ status: 200, text: '[]' });
    expect(await send(keys, 'GET', '/LMPI/v3/partners/product')).toMatchObject({ status: 403 });
  });
});
