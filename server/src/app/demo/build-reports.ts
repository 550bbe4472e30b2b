import type { Building } from './channel.ts';

/** A generator of the reseller's, so that its first report needs nothing to be set up; it makes none by itself. */
export async function reportInDemo({ engine, steps, sellers, began }: Building): Promise<void> {
  const wanted = { name: 'Charges', dataSet: 'payments', format: 'csv', schedule: 'once' } as const;
  await steps.step(`report_generator:${wanted.name}`, began, (cause) =>
    engine.reports.createGenerator(cause, sellers.reseller.id, wanted),
  );
}
