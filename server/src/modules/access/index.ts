export type {
  ApiKey,
  LmpiCredential,
  NewApiKey,
  NewLmpiCredential,
  NewSimpleApiUser,
  SimpleApiCredential,
  SimpleApiLogin,
  SimpleApiProfile,
} from './credentials.ts';
export { simpleApiProfiles } from './credentials.ts';
export { loginChannelOf } from './customer-user.ts';
export type { CustomerUser, CustomerUserChange, MadeLogin, Phone, WantedLogin } from './customer-user.ts';
export * from './permissions.ts';
export {
  isShut,
  mayGrant,
  roles,
  systemPrincipal,
  type Acting,
  type Principal,
  type Role,
  type Surface,
} from './principal.ts';
export { bindCredentials } from './routes-credentials.ts';
export { bindUsers } from './routes-users.ts';
export { bindSessions } from './routes.ts';
export {
  authenticator,
  checkClient,
  checkSubscriptionKey,
  type Authenticator,
  type LmpiCaller,
  type Login,
  type SimpleApiCaller,
  type SimpleApiUser,
} from './service-authenticate.ts';
export { customerUserSteps } from './service-customer-logins.ts';
export { apiKeyStep, type CreatedApiKey } from './service-keys.ts';
export type { CreatedLmpiCredential } from './service-lmpi.ts';
export { sellersService, type NewSeller, type SellersService } from './service-sellers.ts';
export { sealedOnce, type AccessDependencies } from './service-sealed.ts';
export type { CreatedSimpleApiUser } from './service-simpleapi.ts';
export type { CreatedUser } from './service-users.ts';
export { accessService, type AccessService } from './service.ts';
export type { CustomerUserFilter, CustomerUserOwner } from './store-customer-users.ts';
export type { CredentialFilter } from './store-credentials.ts';
export type { UserFilter } from './store.ts';
export { emailReasons } from './user.ts';
export type { Membership, NewUser, User, UserChange, UserStatus } from './user.ts';
export { isApiKey, isSessionToken } from './tokens.ts';
