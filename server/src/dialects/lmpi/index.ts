export { lmpiSurface, type LmpiDependencies } from './surface.ts';
