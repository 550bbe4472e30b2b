import { lmpiSurface } from '../dialects/lmpi/index.ts';
import { simpleApiSurfaces } from '../dialects/simpleapi/index.ts';
import type { Config } from '../platform/config/index.ts';
import type { Surface } from '../platform/http/index.ts';
import { apiSurfaces } from './api.ts';
import type { Engine } from './engine.ts';
import { portalSurface } from './portal/index.ts';

/** Everything that the server answers, each under a base of its own. */
export function surfacesOf(engine: Engine, config: Config): Surface[] {
  return [
    ...apiSurfaces(engine),
    portalSurface({ portal: engine.portal, config }),
    lmpiSurface({ ...engine, config }),
    ...simpleApiSurfaces({ ...engine, settings: config }),
  ];
}
