import { argon2, randomBytes, timingSafeEqual, type Argon2Parameters } from 'node:crypto';
import { TierlineError } from '@tierline/kernel';

/** The least that OWASP's password storage cheat sheet asks of argon2id: 19 MiB, two passes, one lane. */
const cost = { memory: 19_456, passes: 2, parallelism: 1 } as const;
const saltBytes = 16;
const tagBytes = 32;

export const passwordLengthMin = 8;
export const passwordLengthMax = 200;

/** Each hash takes a core for tens of milliseconds, so logins get two at a time and the rest of the server stays awake. */
const parallelMax = 2;
const waitingMax = 100;
let running = 0;
const waiting: (() => void)[] = [];

/** The PHC text of an argon2id hash: `$argon2id$v=19$m=...,t=...,p=...$salt$hash`. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(saltBytes);
  const tag = await inTurn(() => derive(password, salt, cost, tagBytes));
  return phc(salt, tag);
}

/**
 * Whether the password is the one that was hashed. For a user that does not exist pass undefined: as much work is done,
 * so that the time of the answer tells nothing. `before` runs when it is this check's turn, and may throw.
 */
export async function verifyPassword(
  password: string,
  hashed: string | undefined,
  before?: () => void,
): Promise<boolean> {
  const expected = hashed === undefined ? undefined : fromPhc(hashed);
  const { salt, tag, parameters } = expected ?? nobody;
  const actual = await inTurn(() => {
    before?.();
    // Nothing that long was ever stored, and hashing it would only serve whoever sends it.
    return derive(password.length > passwordLengthMax ? '' : password, salt, parameters, tag.length);
  });
  return timingSafeEqual(actual, tag) && expected !== undefined && password.length <= passwordLengthMax;
}

type Hashed = { readonly salt: Buffer; readonly tag: Buffer; readonly parameters: Cost };
type Cost = Pick<Argon2Parameters, 'memory' | 'passes' | 'parallelism'>;

const nobody: Hashed = { salt: randomBytes(saltBytes), tag: randomBytes(tagBytes), parameters: cost };

const unpadded = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');

function phc(salt: Buffer, tag: Buffer): string {
  return `$argon2id$v=19$m=${cost.memory},t=${cost.passes},p=${cost.parallelism}$${unpadded(salt)}$${unpadded(tag)}`;
}

function fromPhc(text: string): Hashed {
  const [, memory, passes, parallelism, salt, tag] =
    /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(text) ?? [];
  if (salt === undefined || tag === undefined) {
    throw new TierlineError('access.password_hash_damaged', 'bug', 'A stored password can not be checked.');
  }
  return {
    salt: Buffer.from(salt, 'base64'),
    tag: Buffer.from(tag, 'base64'),
    parameters: { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) },
  };
}

function derive(password: string, salt: Buffer, parameters: Cost, tagLength: number): Promise<Buffer> {
  // The same password typed on different keyboards must be the same bytes.
  const message = Buffer.from(password.normalize('NFC'), 'utf8');
  return new Promise((resolve, reject) => {
    argon2('argon2id', { message, nonce: salt, tagLength, ...parameters }, (error, tag) => {
      if (error === null) resolve(tag);
      else reject(error);
    });
  });
}

async function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
  if (running >= parallelMax) {
    if (waiting.length >= waitingMax) {
      throw new TierlineError(
        'access.busy',
        'unavailable',
        'Too many logins at the same time. Try again in a moment.',
        {
          retryAfterSeconds: 1,
        },
      );
    }
    await new Promise<void>((resolve) => waiting.push(resolve));
  } else {
    running += 1;
  }
  try {
    return await work();
  } finally {
    // The turn goes straight to the next in line, or is given back.
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  }
}
