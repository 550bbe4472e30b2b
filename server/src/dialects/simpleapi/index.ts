import type { Surface } from '../../platform/http/index.ts';
import type { SimpleApiDependencies } from './dependencies.ts';
import { openIdSurface } from './openid.ts';
import { marketplaceSurface } from './surface.ts';

export type { SimpleApiDependencies } from './dependencies.ts';
export { reportNames } from './report-names.ts';

/** SimpleAPI on `/marketplace`, and the OpenID Connect token endpoint that its clients also use on `/auth`. */
export function simpleApiSurfaces(dependencies: SimpleApiDependencies): Surface[] {
  return [marketplaceSurface(dependencies), openIdSurface(dependencies)];
}
