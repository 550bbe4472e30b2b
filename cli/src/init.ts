import type { CommandSpec } from './command.ts';
import { overridesOf, settingOptions } from './start.ts';

export const initCommand: CommandSpec = {
  name: 'init',
  summary: 'Make the provider account of a new channel, with its owner and an API key',
  description: [
    'The first step on an empty installation, before `start`. Works on the database itself, so with the embedded one',
    'the server must not be running. May be used again for a further channel beside the first.',
  ].join('\n'),
  options: [
    { flags: '--name <name>', describe: 'the company that runs the channel', isNeeded: true },
    { flags: '--currency <code>', describe: 'its currency, such as EUR', isNeeded: true },
    { flags: '--time-zone <zone>', describe: 'its time zone, such as Europe/Berlin', isNeeded: true },
    { flags: '--country <code>', describe: 'its country in two letters, such as DE', isNeeded: true },
    { flags: '--language <tag>', describe: 'its language', fallback: 'en' },
    { flags: '--email <address>', describe: 'with which its owner signs in', isNeeded: true },
    { flags: '--owner <name>', describe: "the owner's name; the address when not given" },
    ...settingOptions,
  ],
  examples: [
    'init --name "Northgate Cloud" --currency EUR --time-zone Europe/Berlin --country DE --email owner@northgate.example',
  ],
  async run({ show }, given) {
    const { initialize } = await import('@tierline/server');
    const email = given.needed('email');
    const made = await initialize(
      { config: given.text('config'), overrides: overridesOf(given) },
      {
        name: given.needed('name'),
        currency: given.needed('currency'),
        timeZone: given.needed('time-zone'),
        country: given.needed('country'),
        language: given.needed('language'),
        ownerEmail: email,
        ownerName: given.text('owner') ?? email,
      },
    );
    const { accountId, password, apiKey } = made;
    await show.one({ account_id: accountId, email: made.email, password, api_key: apiKey }, [
      `Account   ${accountId}\n`,
      `Sign in   ${made.email}\n`,
      password === null ? '' : `Password  ${password}\n`,
      `API key   ${apiKey}\n`,
      '\nThese are shown once. Next: tierline start\n',
    ]);
  },
};
