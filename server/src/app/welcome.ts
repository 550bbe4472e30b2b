import type { Running } from './start.ts';

/** What a person reads after a start: where it listens, how to get in, what to look at next. */
export function welcome({ url, demo, dataDir }: Pick<Running, 'url' | 'demo' | 'dataDir'>): string {
  const lines = [
    `Tierline is running at ${url}`,
    '',
    `  API and its documentation   ${url}/docs`,
    `  LMPI                        ${url}/LMPI/v2  ${url}/LMPI/v3`,
    `  SimpleAPI                   ${url}/marketplace`,
    `  Data                        ${dataDir}`,
  ];
  if (demo === undefined) {
    lines.push(
      '',
      'Nothing is in it yet? `tierline init` makes your provider account; --demo starts with a channel to try things on.',
    );
    return lines.join('\n');
  }
  const width = Math.max(...demo.logins.map(({ email }) => email.length));
  const roles = Math.max(...demo.logins.map(({ role }) => role.length));
  lines.push(
    '',
    `One login per role, password ${demo.logins[0]?.password ?? ''}:`,
    ...demo.logins.map(({ email, role, account }) => `  ${email.padEnd(width)}  ${role.padEnd(roles)}  ${account}`),
    '',
    `API key of the provider: ${demo.api.provider.api_key}`,
    '',
    'Next: npx tierline catalog list    what the provider sells',
    '      npx tierline order list      orders of the demo channel',
    '      docs/start/first-sale.md     the first sale, over each dialect',
    "      --ready-file FILE            all credentials, for a connector's own tests",
  );
  return lines.join('\n');
}
