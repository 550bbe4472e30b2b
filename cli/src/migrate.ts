import type { CommandSpec } from './command.ts';
import { overridesOf, settingOptions } from './start.ts';

export const migrateCommand: CommandSpec = {
  name: 'migrate',
  summary: 'Bring the database schema up to this version, without starting the server',
  description: 'A start does it too; this is for operators who want it apart.',
  options: settingOptions,
  async run({ show }, given) {
    const { migrateOnly } = await import('@tierline/server');
    const applied = await migrateOnly({ config: given.text('config'), overrides: overridesOf(given) });
    await show.one({ applied }, [
      applied.length === 0 ? 'The schema is up to date.\n' : `Applied: ${applied.join(', ')}\n`,
    ]);
  },
};
