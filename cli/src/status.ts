import { ApiError } from '@tierline/client';
import type { CommandSpec } from './command.ts';
import { exitCodes } from './exit.ts';

/** Answers whether the server is ready and who we are there; the first thing to try when something does not work. */
export const statusCommand: CommandSpec = {
  name: 'status',
  summary: 'Show whether the server is ready, and who you are there',
  async run({ client, connection, io, show }) {
    const { url, source, apiKey } = connection();
    const response = await io.fetch(`${url}/readyz`, { signal: AbortSignal.timeout(10_000) });
    await response.body?.cancel();
    const ready = response.ok;
    const me = apiKey === undefined ? undefined : await whoAmI(() => client().getMe());
    const known = me !== undefined && 'actor' in me ? me : undefined;
    const refused = me !== undefined && 'refusal' in me ? me.refusal : undefined;
    const status = {
      url,
      ready,
      ...(known === undefined
        ? {}
        : { actor: known.actor, role: known.role, account: known.account, permissions: known.permissions }),
    };
    await show.one(status, [
      [
        ['server', `${url} (from ${source})`],
        ['ready', ready ? 'yes' : `no (${response.status})`],
        ['actor', known?.actor ?? refused ?? 'nobody: no API key was given'],
        ['role', known?.role],
        ['account', known && `${known.account.name}, ${known.account.kind}, ${known.account.id}`],
      ],
    ]);
    if (!ready) return exitCodes.unavailable;
    return known === undefined ? exitCodes.notAllowed : exitCodes.done;
  },
};

async function whoAmI<Me>(ask: () => Promise<Me>): Promise<Me | { readonly refusal: string }> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof ApiError && (error.status === 401 || error.status === 403)) return { refusal: error.message };
    throw error;
  }
}
