export type { Holding } from './portal.ts';
export { portalService, type Holdings, type PortalService, type Visitor } from './service.ts';
