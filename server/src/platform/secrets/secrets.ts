import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { TierlineError } from '@tierline/kernel';
import { masterKeyOfFile } from './key-file.ts';

/** Encrypts what must be stored and shown or used again. The keys stay inside; nothing here is ever logged. */
export type Secrets = {
  /**
   * AES-256-GCM under a random nonce. `context` names where the result is stored (`lmpi_credentials:<id>`); whoever
   * moves it to another place can't have it decrypted there.
   */
  encrypt(text: string, context: string): Buffer;
  /** Throws `secrets.unreadable` for bytes that were changed, belong to another context or to another master key. */
  decrypt(sealed: Buffer, context: string): string;
  /** A keyed hash (HMAC-SHA256): equal input gives equal output, and without the key no guess can be tried on it. */
  fingerprint(bytes: Uint8Array): Buffer;
};

export type SecretsOptions = {
  /** 32 bytes, or their base64. Not given: the key file of the data directory, made when it is not there. */
  readonly masterKey?: string | Uint8Array | undefined;
  readonly dataDir: string;
};

const layout = 1;
const nonceBytes = 12;
const tagBytes = 16;
const headBytes = 1 + nonceBytes + tagBytes;

export async function openSecrets(options: SecretsOptions): Promise<Secrets> {
  const master = options.masterKey === undefined ? await masterKeyOfFile(options.dataDir) : given(options.masterKey);
  return secretsUnder(master);
}

function given(masterKey: string | Uint8Array): Buffer {
  const bytes = typeof masterKey === 'string' ? Buffer.from(masterKey, 'base64') : Buffer.from(masterKey);
  if (bytes.length !== 32) {
    throw new TierlineError('secrets.master_key_size', 'invalid', 'The master key must be 32 bytes in base64.', {
      field: 'masterKey',
    });
  }
  return bytes;
}

function secretsUnder(master: Buffer): Secrets {
  const sealing = derived(master, 'tierline sealing');
  const marking = derived(master, 'tierline fingerprints');

  return {
    encrypt(text, context) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', sealing, nonce, { authTagLength: tagBytes });
      cipher.setAAD(boundTo(context));
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([Buffer.of(layout), nonce, cipher.getAuthTag(), body]);
    },
    decrypt(sealed, context) {
      if (sealed.length < headBytes || sealed[0] !== layout) throw unreadable();
      const nonce = sealed.subarray(1, 1 + nonceBytes);
      const decipher = createDecipheriv('aes-256-gcm', sealing, nonce, { authTagLength: tagBytes });
      decipher.setAAD(boundTo(context));
      decipher.setAuthTag(sealed.subarray(1 + nonceBytes, headBytes));
      try {
        return Buffer.concat([decipher.update(sealed.subarray(headBytes)), decipher.final()]).toString('utf8');
      } catch {
        throw unreadable();
      }
    },
    fingerprint: (bytes) => createHmac('sha256', marking).update(bytes).digest(),
  };
}

/** One key per use, so that none is ever used for two algorithms. */
function derived(master: Buffer, use: string): Buffer {
  return Buffer.from(hkdfSync('sha256', master, Buffer.alloc(0), use, 32));
}

function boundTo(context: string): Buffer {
  return Buffer.from(`${layout}:${context}`, 'utf8');
}

function unreadable(): TierlineError {
  return new TierlineError(
    'secrets.unreadable',
    'unavailable',
    'A stored secret can not be read. The server must run with the master key that the secret was stored under.',
  );
}
