import { customerUserRoutes, type CustomerUser as Shown } from '@tierline/contract';
import type { CustomerId } from '@tierline/kernel';
import { given, noContent, ok, type Bind } from '../../platform/http/index.ts';
import type { AccessService, CustomerUser, CustomerUserOwner, Principal } from '../access/index.ts';
import type { CustomersService } from './service.ts';

type Services = {
  readonly customers: Pick<CustomersService, 'get'>;
  readonly access: Pick<
    AccessService,
    'listCustomerUsers' | 'getCustomerUser' | 'changeCustomerUser' | 'resetCustomerPassword'
  >;
};

export function bindCustomerUsers(bind: Bind<Principal>, { customers, access }: Services): void {
  async function ownerOf({ accountId }: Principal, customerId: CustomerId): Promise<CustomerUserOwner> {
    const { ownerId, id } = await customers.get(accountId, { id: customerId });
    return { ownerId, customerId: id };
  }

  bind(customerUserRoutes.listCustomerUsers, async ({ caller, params }) => {
    const { ownerId, customerId } = await ownerOf(caller, params.customer_id);
    const users = await access.listCustomerUsers(ownerId, customerId);
    return ok({ data: users.map(showCustomerUser) });
  });

  bind(customerUserRoutes.getCustomerUser, async ({ caller, params }) => {
    const user = await access.getCustomerUser(await ownerOf(caller, params.customer_id), params.customer_user_id);
    return ok(showCustomerUser(user), user.version);
  });

  bind(customerUserRoutes.changeCustomerUser, async ({ caller, params, body, cause, expectedVersion }) => {
    const of = await ownerOf(caller, params.customer_id);
    const { first_name: firstName, last_name: lastName, time_zone: timeZone, email, language, status } = body;
    const { area_code: areaCode, number, extension } = body.phone ?? {};
    const phone = body.phone && given({ areaCode, number, extension });
    const change = { ...given({ firstName, lastName, email, phone, timeZone, language, status }), expectedVersion };
    const user = await access.changeCustomerUser(cause, of, params.customer_user_id, change);
    return ok(showCustomerUser(user), user.version);
  });

  bind(customerUserRoutes.resetCustomerPassword, async ({ body, cause }) => {
    await access.resetCustomerPassword(cause, body.token, body.password);
    return noContent;
  });
}

function showCustomerUser(user: CustomerUser): Shown {
  return {
    id: user.id,
    login: user.login,
    email: user.email,
    name: user.name,
    first_name: user.firstName,
    last_name: user.lastName,
    phone: { area_code: user.phone.areaCode, number: user.phone.number, extension: user.phone.extension },
    time_zone: user.timeZone,
    language: user.language,
    status: user.status,
    version: user.version,
    created_at: user.createdAt,
    modified_at: user.modifiedAt,
  };
}
