import type { LmpiOperation, LmpiVersion } from '../../modules/access/index.ts';
import type { Admitted } from './admission.ts';
import type { Fields } from './request.ts';

/** A request that was let in. */
export type Call = Admitted & {
  readonly version: LmpiVersion;
  readonly requestId: string;
  /** A part of the path, decoded. */
  readonly path: (name: string) => string;
  /** The members of the query. */
  readonly query: () => Fields;
  /** Where the caller reaches this server, for links: scheme and host without a slash at the end. */
  readonly origin: () => string;
};

/** The body of a 200: LMPI knows no other success (LMPI reference, part 1, 2). Empty where the page says so. */
export type Answer = string | Uint8Array<ArrayBuffer>;
export type Operate = (call: Call) => Answer | Promise<Answer>;

export const empty: Answer = '';

/**
 * Registers an operation under the path of each version that has it.
 * @param path after the version, with `:name` for its parts
 * @param versions v2 and v3, if not given
 */
export type Route = (
  method: 'GET' | 'POST' | 'PUT',
  path: string,
  operation: LmpiOperation,
  operate: Operate,
  versions?: readonly LmpiVersion[],
) => void;
