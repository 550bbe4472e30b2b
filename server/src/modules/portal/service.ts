import { parseId, type AccountId, type Clock, type PlanId, type SubscriptionId } from '@tierline/kernel';
import { isShut, type AccessService, type CustomerUser } from '../access/index.ts';
import { causeOf, type AccountNode, type Directory } from '../accounts/index.ts';
import type { Offers } from '../catalog/index.ts';
import type { Customer, CustomersService } from '../customers/index.ts';
import type { Activations } from '../lifecycle/index.ts';
import type { SubscriptionsService } from '../subscriptions/index.ts';
import { mayEnter, sellerShut, shutOut, signInRefused, toHolding, type Holding } from './portal.ts';

export type PortalService = ReturnType<typeof portalService>;

/** Who is signed in, and for whom. */
export type Visitor = {
  readonly user: CustomerUser;
  readonly customer: Customer;
  readonly node: AccountNode;
};

export type Holdings = { readonly holdings: readonly Holding[]; readonly next: SubscriptionId | null };

type Dependencies = {
  readonly clock: Clock;
  readonly directory: Directory;
  readonly access: Pick<
    AccessService,
    | 'customerUser'
    | 'openCustomerSession'
    | 'customerSession'
    | 'endCustomerSession'
    | 'changeOwnCustomerPassword'
    | 'resetCustomerPassword'
  >;
  readonly customers: Pick<CustomersService, 'get'>;
  readonly subscriptions: Pick<SubscriptionsService, 'page'>;
  readonly offers: Pick<Offers, 'planVersions'>;
  readonly activations: Activations;
};

const holdingsMax = 50;

/** Use cases of the people of a customer, who see what is their customer's and nothing else. */
export function portalService(dependencies: Dependencies) {
  const { clock, directory, access, customers, subscriptions, offers, activations } = dependencies;

  async function visitorOf(user: CustomerUser): Promise<Visitor> {
    const { ownerId, customerId } = user;
    const [node, customer] = await Promise.all([directory.get(ownerId), customers.get(ownerId, { id: customerId })]);
    return { user, customer, node };
  }

  /**
   * Opens a session. What of the customer waits for its first sign-in begins before that, so that nobody is ever in while it
   * still waits. Killed in between, it has begun, and the next try opens the session.
   */
  async function signIn(
    requestId: string,
    wanted: { readonly tenant: string; readonly login: string; readonly password: string },
  ): Promise<{ readonly token: string }> {
    const user = await access.customerUser(parseId<'account'>(wanted.tenant), wanted.login, wanted.password);
    if (user === undefined) throw signInRefused();
    const visitor = await visitorOf(user);
    if (isShut(visitor.node)) throw sellerShut();
    if (!mayEnter(visitor.customer)) throw shutOut(visitor.customer);
    const cause = causeFor(visitor, requestId);
    await activations.begin(cause, user.ownerId, user.customerId);
    return { token: await access.openCustomerSession(cause, user) };
  }

  function causeFor({ user, node }: Visitor, requestId: string) {
    return causeOf({ actor: `customer_user:${user.id}`, node }, requestId, clock);
  }

  /** Whose session it is. It ends where its customer may not be in any more: on hold, canceled, or moved away. */
  async function visitor(token: string): Promise<Visitor | undefined> {
    const user = await access.customerSession(token);
    if (user === undefined) return undefined;
    const found = await visitorOf(user);
    if (!isShut(found.node) && mayEnter(found.customer)) return found;
    await access.endCustomerSession(token);
    return undefined;
  }

  /** One page of what the customer holds, the newest first, without what never came to be. */
  async function holdings({ user, node }: Visitor, after?: SubscriptionId): Promise<Holdings> {
    const { ownerId, customerId } = user;
    const filter = { scope: { ownerId }, customerId };
    const found = await subscriptions.page(filter, { after, limit: holdingsMax + 1 }, true);
    const page = found.slice(0, holdingsMax);
    const names = await productNames(node, page);
    return {
      holdings: page
        .filter(({ status }) => status !== 'removed')
        .map((one) => toHolding(one, names.get(`${one.planId} ${one.planVersion}`) ?? '')),
      next: found.length > page.length ? page.at(-1)!.id : null,
    };
  }

  async function productNames(
    node: AccountNode,
    page: readonly { readonly planId: PlanId; readonly planVersion: number }[],
  ): Promise<Map<string, string>> {
    const wanted = new Map(
      page.map(({ planId, planVersion: version }) => [`${planId} ${version}`, { planId, version }]),
    );
    const plans = await offers.planVersions(node, [...wanted.values()]);
    return new Map(plans.map((plan) => [`${plan.planId} ${plan.version}`, plan.product.name]));
  }

  async function changePassword(
    requestId: string,
    of: Visitor,
    wanted: { readonly token: string; readonly current: string; readonly next: string },
  ): Promise<void> {
    await access.changeOwnCustomerPassword(causeFor(of, requestId), wanted.token, wanted.current, wanted.next);
  }

  /** Chooses a password with the token of a link; answers the tenant to sign in to. */
  async function resetPassword(requestId: string, token: string, password: string): Promise<AccountId> {
    const cause = { actor: 'nobody', requestId, at: clock.now() };
    return (await access.resetCustomerPassword(cause, token, password)).channelId;
  }

  return { signIn, visitor, holdings, changePassword, resetPassword, signOut: access.endCustomerSession };
}
