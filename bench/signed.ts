import { createHash, createHmac } from 'node:crypto';

/** A request whose signature is made when it is sent: each is another one, so none can be signed before. */
export type Signing = { readonly secretKey: string };

const least = 1000;
const numbers = 4000;

/**
 * Fills in a request of LMPI: `@4` in its body becomes a number of four digits, `@time` and `@signature` in its head what belongs to it.
 * @param round how often this request was sent before: numbers repeat after 4,000
 */
export function signedRequest(template: string, { secretKey }: Signing, round: number): string {
  const headEnd = template.indexOf('\r\n\r\n');
  const body = template.slice(headEnd + 4).replace('@4', String(least + (round % numbers)));
  const head = template.slice(0, headEnd);
  const [method, target] = head.split(' ', 2);
  const time = String(Math.floor(Date.now() / 1000));
  const md5 = createHash('md5').update(body).digest('base64');
  const signature = createHmac('sha256', secretKey).update(`${time}${method}${target}${md5}`).digest('base64');
  return `${head.replace('@time', time).replace('@signature', signature)}\r\n\r\n${body}`;
}
