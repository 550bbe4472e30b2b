import type { Answer, Credential, LmpiWorld } from './setup.ts';

/** Bodies of customers as the pages' samples show them (LMPI reference, part 1, 5.1 and 5.2), and sending them. */

let count = 0;
export const newLogin = (): string => `Imani_${(count += 1)}`;

export const aCompany = () => ({
  name: 'Okafor Freight',
  address: '12 Harbor Street',
  city: 'Portland',
  state: 'OR',
  postal_code: '97201',
  country: 'US',
  note: 'Met at the fair',
  emergency_email: 'ops@example.com;it@example.com',
  industry: 'H',
  size: '2',
});

export const aUser = () => ({
  login_name: newLogin(),
  first_name: 'Imani',
  last_name: 'Okafor',
  phone: { area_code: '503', number: '555-0100', extension: '7' },
  email: 'imani@example.com',
  time_zone: 'Pacific Standard Time',
  language: 'en-US',
});

export const aContact = () => ({ first_name: 'Imani', last_name: 'Okafor', email: 'imani@example.com' });

export type CreatedWithLogin = {
  customer_id: string;
  user: { id: string; login_name: string; password: string; resetpasswordURL: string };
};

export const invalid = (field: string) => ({ status: 400, subject: `InvalidParameters${field}` });

export function peopleOf(lmpi: LmpiWorld) {
  const create = (as: Credential, body: unknown, version: 'v2' | 'v3' = 'v2') =>
    lmpi.post(as, `/LMPI/${version}/customers`, body);
  const put = (as: Credential, path: string, body: unknown, version = 'v2'): Promise<Answer> =>
    lmpi.send(as, { method: 'PUT', target: `/LMPI/${version}/customers/${path}`, body });

  async function createdWith(as: Credential, body: unknown): Promise<CreatedWithLogin> {
    const answer = await create(as, body);
    if (answer.status !== 200) throw new Error(answer.text);
    return answer.json as CreatedWithLogin;
  }

  /** What a refused request must leave alone. */
  async function rowsStored(): Promise<bigint> {
    const text =
      'select (select count(*) from customers) + (select count(*) from customer_users) + (select count(*) from events) as rows';
    return (await lmpi.db.query<{ rows: bigint }>({ name: 'people_stored', text }, []))[0]!.rows;
  }

  return { create, put, createdWith, rowsStored };
}

/** The body with another value at a path such as `company.name`; undefined takes the member away. */
export function withMember(body: unknown, path: string, value: unknown): unknown {
  const copy = structuredClone(body) as Record<string, unknown>;
  const parts = path.split('.');
  const last = parts.pop()!;
  let within = copy;
  for (const part of parts) within = within[part] as Record<string, unknown>;
  if (value === undefined) delete within[last];
  else within[last] = value;
  return copy;
}
