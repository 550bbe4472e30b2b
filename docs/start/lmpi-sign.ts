// Sends one signed LMPI request and prints the answer. Runs on Node 24 as it is, without any package.
//
//   node lmpi-sign.ts METHOD PATH [BODY]
//   node lmpi-sign.ts GET /LMPI/v2/me/serviceplans
//   node lmpi-sign.ts POST /LMPI/v3/partners/serviceplan '{"partner_id": "..."}'
//
// From the environment:
//   LMPI_BASE          the server, without a slash at its end, such as http://localhost:7420
//   LMPI_ACCESS_TOKEN  the GUID that names the partner
//   LMPI_SECRET_KEY    the secret key as it was issued; it is used as text, not decoded
//
// The status of an error goes to standard error, and the exit code is then 22. In a program of your own, import
// `sign` and `lmpi` from this file.
import { createHash, createHmac, randomUUID } from 'node:crypto';
import { request as insecure } from 'node:http';
import { request as secure } from 'node:https';
import { fileURLToPath } from 'node:url';

export type LmpiKeys = { readonly base: string; readonly accessToken: string; readonly secretKey: string };
export type LmpiAnswer = { readonly status: number; readonly text: string };

/** The value of `x-signature`. `target` is path and query exactly as they are sent; `body` the exact bytes, or none. */
export function sign(secretKey: string, posixTime: string, method: string, target: string, body: Uint8Array): string {
  // Base64 of the MD5 of the body; nothing at all without a body.
  const contentMd5 = body.length === 0 ? '' : createHash('md5').update(body).digest('base64');
  // Time, method, target, MD5: one after the other without separators. The key is text; its UTF-8 bytes sign.
  return createHmac('sha256', secretKey).update(`${posixTime}${method}${target}${contentMd5}`).digest('base64');
}

/** Sends one request and tells what came back, errors too. */
export function lmpi(keys: LmpiKeys, method: string, target: string, body = ''): Promise<LmpiAnswer> {
  const bytes = Buffer.from(body, 'utf8');
  // allow(clock): a client has the time from its machine.
  const posixTime = String(Math.floor(Date.now() / 1000));
  const headers: Record<string, string> = {
    'x-access-token': keys.accessToken,
    'x-posix-time': posixTime,
    'x-signature': sign(keys.secretKey, posixTime, method, target, bytes),
    'x-traceid': randomUUID(),
  };
  if (bytes.length > 0) {
    headers['content-type'] = 'application/json; charset=utf-8';
    headers['content-length'] = String(bytes.length);
  }
  const { protocol, hostname, port } = new URL(keys.base);
  // Not fetch: it would write some targets anew, and what is signed must be what is sent.
  const request = protocol === 'https:' ? secure : insecure;
  return new Promise((resolve, reject) => {
    const sent = request({ protocol, hostname, port, method, path: target, headers }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('error', reject);
      answer.on('end', () => {
        resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(parts).toString('utf8') });
      });
    });
    sent.on('error', reject);
    sent.end(bytes);
  });
}

async function main([method, target, body, ...more]: readonly string[]): Promise<number> {
  if (method === undefined || target === undefined || more.length > 0) {
    console.error('usage: lmpi-sign.ts METHOD PATH [BODY]');
    return 2;
  }
  if (!target.startsWith('/')) {
    console.error("the path begins at the host's root: /LMPI/v2/...");
    return 2;
  }
  const { LMPI_BASE: base, LMPI_ACCESS_TOKEN: accessToken, LMPI_SECRET_KEY: secretKey } = process.env;
  if (!base || !accessToken || !secretKey) {
    console.error('set LMPI_BASE, LMPI_ACCESS_TOKEN and LMPI_SECRET_KEY');
    return 2;
  }
  const answer = await lmpi({ base, accessToken, secretKey }, method.toUpperCase(), target, body);
  console.log(answer.text);
  if (answer.status < 400) return 0;
  console.error(`the answer has the status ${answer.status}`);
  return 22;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main(process.argv.slice(2));
