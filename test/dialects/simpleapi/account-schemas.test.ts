import { customerSchema, listSchema, resellerSchema } from '@tierline/server/dialects/simpleapi/testing-accounts.ts';
import { afterAll, expect, test } from 'vitest';
import { aCustomerBody, aResellerBody, openSimpleApi, type Answer } from './setup.ts';

// Each answer of each operation on customers and resellers, against the schemas of version 1.15, for both profiles.

const api = await openSimpleApi();
afterAll(() => api.close());
const channel = await api.channel();

const whole = { externalId: 'E', taxRegId: 'T', attributes: { a: 'b' }, status: 'pending' };
const more = { taxationProviderName: 'Vertex', customerClass: 'Default' };

test.each(['21.0', '1.15'] as const)('profile %s', async (profile) => {
  const client = await api.client(channel.distributor, profile);
  const body = async (answer: Promise<Answer>): Promise<unknown> => {
    const { status, body: parsed } = await answer;
    expect(status).toBe(200);
    return parsed;
  };
  const customer = customerSchema.parse(await body(client.post('/customers', aCustomerBody())));
  const full = customerSchema.parse(
    await body(client.post('/customers', aCustomerBody({ ...whole, externalId: profile }))),
  );
  expect(full).toMatchObject({ ...whole, externalId: profile });
  customerSchema.parse(await body(client.get(`/customers/${customer.id}`)));
  customerSchema.parse(await body(client.patch(`/customers/${customer.id}`, { status: 'creditHold' })));
  expect(listSchema(customerSchema).parse(await body(client.get('/customers'))).data.length).toBeGreaterThan(2);

  const reseller = resellerSchema.parse(await body(client.post('/resellers', aResellerBody())));
  resellerSchema.parse(
    await body(client.post('/resellers', aResellerBody({ ...whole, ...more, externalId: profile }))),
  );
  resellerSchema.parse(await body(client.get(`/resellers/${reseller.id}`)));
  resellerSchema.parse(await body(client.patch(`/resellers/${reseller.id}`, { taxRegId: '9' })));
  expect(listSchema(resellerSchema).parse(await body(client.get('/resellers'))).data.length).toBeGreaterThan(2);
  const below = `/resellers/${reseller.id}/customers`;
  customerSchema.parse(await body(client.post(below, aCustomerBody())));
  expect(listSchema(customerSchema).parse(await body(client.get(below))).data).toHaveLength(1);
});

// The body of "Create a customer" and the dummy id of its example (SimpleAPI reference 4.1: pages "customers" 1.5, schema 1.15).
test('a recorded exchange: the documented example is accepted as it stands, and its own words come back', async () => {
  const client = await api.client(channel.reseller);
  const sent = {
    id: '1000027',
    externalId: 'EXTERNAL-A1S2D3',
    status: 'active',
    name: 'Acme Inc.',
    address: {
      streetAddress: '555 Main Street',
      addressExtension: 'Suite 100',
      postalCode: '92612',
      city: 'Irvine',
      state: 'CA',
      countryCode: 'US',
    },
    contactPersons: [
      {
        type: 'admin',
        firstName: 'Jane',
        lastName: 'Doe',
        email: 'jane.doe@email.com',
        phoneNumber: '81##18881234567#',
        login: 'someadmin@example.com',
        password: 'Ecx$cvdazv',
      },
    ],
    language: 'en_US',
    taxRegId: '00-0000000',
  };
  const answer = await client.post('/customers', sent);
  expect(answer.status).toBe(200);
  const { id, contactPersons, ...rest } = sent;
  const [{ login: _login, password: _password, ...person }] = contactPersons as [(typeof contactPersons)[0]];
  expect(answer.body).toMatchObject({ ...rest, contactPersons: [person] });
  expect(answer.body['id']).not.toBe(id);
  expect(answer.text).not.toMatch(/login|password/);
});
