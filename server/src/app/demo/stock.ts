import type { CastKey } from './cast.ts';

/**
 * Units in stock. The provider's vendors grant `minted`; each partner gets its units from its parent and keeps what it
 * did not hand on: the distributor 1,498 and 1,477 of the two products of LMPI's product list.
 */
export const stock: readonly {
  readonly product: string;
  readonly version: 'trial' | 'full';
  readonly minted: bigint;
  readonly assigned: Partial<Record<CastKey, bigint>>;
}[] = [
  {
    product: 'NNZBXXE1X',
    version: 'full',
    minted: 20_000n,
    assigned: { distributor: 4598n, isp: 4800n, msp: 3100n, msp2: 2060n },
  },
  {
    product: 'CCZBXXE1X',
    version: 'full',
    minted: 20_000n,
    assigned: { distributor: 4577n, isp: 4800n, msp: 3100n, msp2: 2060n },
  },
  {
    product: 'AAZBXXE1X',
    version: 'full',
    minted: 10_000n,
    assigned: { distributor: 2600n, isp: 2300n, msp: 50n, msp2: 25n },
  },
  {
    product: 'BBZBXXE1X',
    version: 'full',
    minted: 10_000n,
    assigned: { distributor: 2600n, isp: 2300n, msp: 50n, msp2: 25n },
  },
  ...['NNZBXXE1X', 'CCZBXXE1X', 'BBZBXXE1X'].map((product) => ({
    product,
    version: 'trial' as const,
    minted: 20_000n,
    assigned: { distributor: 4000n, isp: 4000n, msp: 2000n, msp2: 2000n },
  })),
  {
    product: 'SUZBXXE1X',
    version: 'full',
    minted: 1000n,
    assigned: { distributor: 140n, isp: 90n, msp: 100n, msp2: 50n },
  },
];
