export { createScope as lmpiCreateScope } from './serviceplan-create.ts';
export { lmpiSurface, type LmpiDependencies } from './surface.ts';
