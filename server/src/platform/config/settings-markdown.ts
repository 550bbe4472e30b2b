import { otherVariables, settingNames, settings, type Setting } from './settings.ts';

const code = (text: string): string => (text === '' ? '' : `\`${text}\``);

/** The text of docs/reference/settings.md, made from the table of settings. */
export function settingsMarkdown(): string {
  const rows = settingNames.map((name) => {
    const setting: Setting<unknown> = settings[name];
    const spelled = setting.flag === undefined ? code(setting.env) : `${code(setting.env)}, ${code(setting.flag)}`;
    const description = setting.secret ? `${setting.description} A secret: never printed.` : setting.description;
    const fallback = code(setting.fallbackText) || 'not set';
    return `| ${code(name)} | ${spelled} | ${setting.type} | ${fallback} | ${description} Must be ${setting.expects}. |`;
  });
  const others = Object.entries(otherVariables).map(([name, description]) => `- ${code(name)}: ${description}`);
  return [
    '# Settings',
    '',
    '<!-- Generated from server/src/platform/config/settings.ts; `npm run generate` writes it. -->',
    '',
    'A setting comes from the command line, from the environment or from a JSON file (`--config FILE` or `TIERLINE_CONFIG`);',
    'the command line wins over the environment, the environment over the file. An empty variable counts as not set.',
    'The server refuses to start on a value it cannot use and on a name it does not know, and names all mistakes at once.',
    '',
    '| Setting (in a file) | Environment and flag | Type | Default | Meaning |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
    'Other variables that the programs read:',
    '',
    ...others,
    '',
  ].join('\n');
}
