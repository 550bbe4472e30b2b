import { randomBytes } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { roles } from '../../modules/access/index.ts';

const fileName = 'demo-access.json';

const lmpi = z.object({ access_token: z.string(), secret_key: z.string() });
const simpleapi = z.object({
  username: z.string(),
  password: z.string(),
  client_id: z.string(),
  client_secret: z.string(),
  subscription_key: z.string(),
  marketplace: z.string(),
});
const apiKey = z.object({ api_key: z.string() });
const login = z.object({ email: z.string(), password: z.string(), account: z.string(), role: z.enum(roles) });

const secrets = z.object({
  /** The channel that these are for: after the database was thrown away, they are good for nothing. */
  provider_id: z.string(),
  lmpi: z.object({ distributor: lmpi, isp: lmpi, msp: lmpi, reseller: lmpi }),
  simpleapi: z.object({ distributor: simpleapi, reseller: simpleapi, reseller_1_15: simpleapi }),
  api: z.object({ provider: apiKey, distributor: apiKey, msp: apiKey, reseller: apiKey }),
  logins: z.array(login),
});

export type DemoSecrets = z.infer<typeof secrets>;
export type DemoLogin = z.infer<typeof login>;

/** What an earlier start wrote; undefined when there is no file, or none that can be read. */
export async function readAccess(dataDir: string): Promise<DemoSecrets | undefined> {
  try {
    return secrets.parse(JSON.parse(await readFile(join(dataDir, fileName), 'utf8')));
  } catch {
    // Whatever is wrong with the file, the answer is the same: new credentials.
    return undefined;
  }
}

/** Whole or not at all, on the disk when this is done, and for its owner's eyes only. */
export async function writeAccess(dataDir: string, content: DemoSecrets): Promise<void> {
  const path = join(dataDir, fileName);
  const draft = `${path}.${process.pid}.tmp`;
  const file = await open(draft, 'w', 0o600);
  try {
    await file.writeFile(`${JSON.stringify(content, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
}

/** Five syllable pairs and four digits, to be typed by hand: about 73 bits of chance. */
export function newPassword(): string {
  const consonants = 'bdfgklmnprstvzhj';
  const vowels = 'aeio';
  const bytes = randomBytes(24);
  const syllable = (at: number): string => consonants[bytes[at]! & 15]! + vowels[(bytes[at]! >> 4) & 3]!;
  const words = Array.from({ length: 5 }, (_, word) => syllable(word * 2) + syllable(word * 2 + 1));
  const digits = String(bytes.readUInt32BE(20) % 10_000).padStart(4, '0');
  return [...words, digits].join('-');
}
