import { z } from '@hono/zod-openapi';
import { cast } from './cast.ts';
import { company, shownCompany } from './company.ts';
import { route } from './route.ts';
import {
  changes,
  country,
  currency,
  freeform,
  id,
  instant,
  language,
  name,
  page,
  pageQuery,
  text,
  timeZone,
  version,
} from './wire.ts';

export const role = z.enum(['owner', 'admin', 'sales', 'billing', 'support', 'read_only']);
export const accountKind = z.enum(['provider', 'distributor', 'isp', 'msp', 'reseller']);
export const accountStatus = z.enum(['pending', 'active', 'credit_hold', 'suspended', 'closed', 'error']).openapi({
  description:
    'Only below active sellers is anything ordered. A pending or suspended one can be read, in error or closed it can not.',
});
export const priceFloor = z
  .enum(['none', 'cost'])
  .openapi({ description: 'What happens to a sales price below its cost: nothing, or it is refused.' });

const profile = freeform.openapi({ description: 'Facts of the company that the engine does not interpret.' });
const buyerGroup = text(100)
  .nullable()
  .openapi({ description: "The group among its seller's buyers, for price lists of groups. Set by its seller." });
export const billingCurrency = currency.nullable().openapi({
  description:
    'What the buyer is billed in, at the exchange rates of its seller; null: in the currency of the price list. Set by the seller.',
});
const dataCenter = z
  .string()
  .regex(/^[A-Za-z0-9]{1,10}$/)
  .nullable()
  .openapi({ description: 'Where its new services live, unless said otherwise: a code such as EU; null: not told.' });
const remoteManager = z.boolean().openapi({ description: 'Manages its customers in Remote Manager.' });
const visionOne = z.boolean().openapi({ description: 'Has moved to Trend Vision One for Service Providers.' });
const externalId = text(150).nullable().openapi({ description: 'What another system calls it.' });

export const account = z
  .strictObject({
    id: id('account'),
    parent_id: id('account').nullable().openapi({ description: 'Its seller; null at the root of a channel.' }),
    kind: accountKind,
    name: z.string(),
    currency: z.string(),
    time_zone: z.string(),
    country: z.string(),
    language: z.string(),
    status: accountStatus,
    number: z.string().openapi({ description: 'For people.' }),
    tenant_id: z.string().nullable().openapi({ description: 'Its id in LMPI.' }),
    external_id: z.string().nullable(),
    buyer_group: z.string().nullable(),
    billing_currency: z
      .string()
      .nullable()
      .openapi({ description: 'What its seller bills it in; null: the currency of the price list.' }),
    price_floor: priceFloor,
    data_center: z.string().nullable(),
    remote_manager: remoteManager,
    vision_one: visionOne,
    profile: z.record(z.string(), z.unknown()),
    company: shownCompany.nullable(),
    version,
    created_at: instant,
    updated_at: instant,
  })
  .openapi('Account');
export type Account = z.input<typeof account>;

export const newAccount = z
  .strictObject({
    parent_id: id('account', 'The account it stands below; your own when not given.').optional(),
    kind: accountKind,
    name,
    currency,
    time_zone: timeZone,
    country,
    language: language.default('en'),
    external_id: externalId.optional(),
    buyer_group: buyerGroup.optional(),
    billing_currency: billingCurrency.optional(),
    price_floor: priceFloor.optional(),
    data_center: dataCenter.optional(),
    remote_manager: remoteManager.optional(),
    vision_one: visionOne.optional(),
    profile: profile.optional(),
    company: company.nullable().optional(),
  })
  .openapi('NewAccount');

export const accountChange = changes({
  name: name.optional(),
  time_zone: timeZone.optional(),
  country: country.optional(),
  language: language.optional(),
  status: accountStatus
    .optional()
    .openapi({ description: 'Closing is final and needs the permission accounts.close.' }),
  external_id: externalId.optional(),
  buyer_group: buyerGroup.optional(),
  billing_currency: billingCurrency.optional(),
  price_floor: priceFloor.optional(),
  data_center: dataCenter.optional(),
  remote_manager: remoteManager.optional(),
  vision_one: visionOne.optional(),
  profile: profile.optional(),
  company: company.nullable().optional(),
}).openapi('AccountChange');

const params = z.strictObject({ account_id: id('account') });
const tag = 'Accounts';

export const accountRoutes = {
  listAccounts: route({
    operationId: 'listAccounts',
    method: 'get',
    path: '/accounts',
    tag,
    summary: 'List accounts',
    description: 'Your account and everything below it, in the order of creation.',
    permission: 'accounts.read',
    query: z.strictObject({
      ...pageQuery,
      parent_id: id('account', 'Only those directly below this account.').optional(),
      kind: accountKind.optional(),
      status: accountStatus.optional(),
      name: text(150).optional().openapi({ description: 'A part of the name, in any letter case.' }),
      external_id: text(150).optional(),
    }),
    answers: { 200: page(account) },
    examples: [{ as: 'distributor', query: { kind: 'reseller' }, status: 200 }],
  }),
  createAccount: route({
    operationId: 'createAccount',
    method: 'post',
    path: '/accounts',
    tag,
    summary: 'Add an account',
    description: 'Adds a seller below your account or below one of those below it.',
    permission: 'accounts.create',
    body: newAccount,
    answers: { 201: account },
    hasVersion: true,
    examples: [
      {
        as: 'distributor',
        body: {
          kind: 'reseller',
          name: 'Copperfield Computing',
          currency: 'USD',
          time_zone: 'America/New_York',
          country: 'US',
        },
        status: 201,
      },
    ],
  }),
  getAccount: route({
    operationId: 'getAccount',
    method: 'get',
    path: '/accounts/{account_id}',
    tag,
    summary: 'Read an account',
    permission: 'accounts.read',
    params,
    answers: { 200: account },
    hasVersion: true,
    examples: [{ as: 'distributor', params: { account_id: cast.reseller }, status: 200 }],
  }),
  changeAccount: route({
    operationId: 'changeAccount',
    method: 'patch',
    path: '/accounts/{account_id}',
    tag,
    summary: 'Change an account',
    description: 'Changes facts, suspends, resumes or closes. What is not named stays as it is.',
    permission: 'accounts.change',
    params,
    body: accountChange,
    answers: { 200: account },
    hasVersion: true,
    examples: [
      {
        as: 'distributor',
        params: { account_id: cast.branch },
        body: { status: 'suspended', external_id: 'CRM-17', data_center: 'EU', remote_manager: true },
        status: 200,
      },
    ],
  }),
};
