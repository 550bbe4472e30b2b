import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLmpi, type LmpiWorld } from './setup.ts';

// The signing recipe of the documents, as a newcomer runs it.

const script = fileURLToPath(new URL('../../../docs/start/lmpi-sign.sh', import.meta.url));

let lmpi: LmpiWorld;
beforeAll(async () => {
  // The script has the time from the machine.
  lmpi = await openLmpi();
  lmpi.moveTo(new Date().toISOString());
  await lmpi.stocked({ code: 'NNZBXXE1X' }, [[lmpi.partners.msp, 5n]]);
});
afterAll(() => lmpi.stop());

type Ran = { readonly code: number; readonly out: string; readonly err: string };

function run(given: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ran> {
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
    execFile('bash', [script, ...given], { env }, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err });
    });
  });
}

describe('lmpi-sign.sh', () => {
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
      service_plan_name: '株式会社 "quoted" \\ 100 %',
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
    expect(await run(['GET'])).toMatchObject({ code: 2, err: 'usage: lmpi-sign.sh METHOD PATH [BODY]\n' });
    expect((await run(['GET', 'LMPI/v2/me/serviceplans'])).code).toBe(2);
    expect((await run(['GET', '/LMPI/v2/me/serviceplans'], { LMPI_SECRET_KEY: '' })).err).toContain('LMPI_SECRET_KEY');
  });
});
