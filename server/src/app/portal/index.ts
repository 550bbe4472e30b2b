export { portalSurface } from './surface.ts';
