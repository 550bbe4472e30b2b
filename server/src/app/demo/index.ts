import { mkdir } from 'node:fs/promises';
import { alone, locks } from '../../platform/db/index.ts';
import type { Engine } from '../engine.ts';
import { accessOf, type DemoAccess } from './access.ts';
import { buildDemoChannel } from './channel.ts';

export type { DemoAccess } from './access.ts';
export { buildDemoChannel, type DemoChannel } from './channel.ts';
export { demoCause, type CauseMaker } from './steps.ts';

/** The demo channel with its credentials: made at the first start, the same at every later one. Of several nodes one makes it, and the others wait. */
export async function openDemoChannel(engine: Engine, { dataDir }: { dataDir: string }): Promise<DemoAccess> {
  return alone(engine.db, locks.demoChannel, async () => {
    const channel = await buildDemoChannel(engine);
    await mkdir(dataDir, { recursive: true });
    return accessOf(engine, channel, dataDir);
  });
}

export type ReadyFile = ReturnType<typeof readyFile>;

/** What the ready file holds for a server at this address: each dialect's own addresses beside the credentials. */
export function readyFile(access: DemoAccess, baseUrl: string) {
  const base = baseUrl.replace(/\/+$/, '');
  const { reseller, distributor, reseller_1_15 } = access.simpleapi;
  const at = {
    base_url: `${base}/marketplace`,
    auth_url: `${base}/auth/realms/tierline/protocol/openid-connect`,
  };
  return {
    base_url: base,
    ...access,
    simpleapi: {
      reseller: { ...at, ...reseller },
      distributor: { ...at, ...distributor },
      reseller_1_15: { ...at, ...reseller_1_15 },
    },
  };
}
