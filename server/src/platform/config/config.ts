import { readFileSync } from 'node:fs';
import { TierlineError, type Reason } from '@tierline/kernel';
import { nearest } from './nearest.ts';
import { otherVariables, settingNames, settings, type Setting, type SettingName, type Settings } from './settings.ts';

/** A checked configuration. Its secrets are in it: print it with `describeConfig` only. */
export type Config = Settings;

/** Flags of a command line: values as typed, or still the text that was given. */
export type ConfigOverrides = { readonly [Name in SettingName]?: Settings[Name] | string | undefined };

export type ConfigInput = {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The path of a JSON file; `TIERLINE_CONFIG` names it where this does not. */
  readonly file?: string | undefined;
  readonly overrides?: ConfigOverrides | undefined;
};

/** One value as somebody gave it, under the name by which they know the setting. */
type Given = { readonly name: SettingName; readonly spelled: string; readonly value: unknown };

/**
 * Reads the configuration: overrides win over the environment, the environment over the file, the file over defaults.
 * @throws TierlineError `config.invalid` with every mistake of every source, also of values that lose to another source
 */
export function loadConfig(input: ConfigInput): Config {
  const reasons: Reason[] = [];
  // The order is the precedence: a later source replaces an earlier one.
  const given = [
    ...fromFile(input.file ?? nonEmpty(input.env['TIERLINE_CONFIG']), reasons),
    ...fromEnvironment(input.env, reasons),
    ...fromOverrides(input.overrides ?? {}),
  ];
  const values: Record<string, unknown> = {};
  const spelled: Partial<Record<SettingName, string>> = {};
  for (const name of settingNames) values[name] = settings[name].fallback;
  for (const item of given) {
    const setting: Setting<unknown> = settings[item.name];
    const parsed = setting.schema.safeParse(item.value);
    if (parsed.success) {
      values[item.name] = parsed.data;
      spelled[item.name] = item.spelled;
    } else {
      reasons.push(wrongValue(item, setting));
    }
  }
  // Every value above came out of the schema of its own setting.
  const config = values as Config;
  if (reasons.length === 0) checkTogether(config, spelled, reasons);
  if (reasons.length > 0) throw refusal(reasons);
  return config;
}

/** The configuration as it may be printed: secrets are masked, what is not set is null. */
export function describeConfig(config: Config): Record<SettingName, string | number | boolean | null> {
  const shown = settingNames.map((name): [SettingName, string | number | boolean | null] => {
    const value = config[name];
    if (value === undefined) return [name, null];
    return [name, settings[name].secret || value instanceof Uint8Array ? '***' : value];
  });
  return Object.fromEntries(shown) as Record<SettingName, string | number | boolean | null>;
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

function fromFile(path: string | undefined, reasons: Reason[]): Given[] {
  if (path === undefined) return [];
  const unreadable = (message: string): Given[] => {
    reasons.push({ code: 'config.unreadable_file', message, field: path });
    return [];
  };
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8').replace(/^\uFEFF/, ''));
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown';
    return unreadable(
      error instanceof SyntaxError
        ? `The configuration file ${path} is not JSON: ${why}.`
        : `The configuration file ${path} cannot be read: ${why}.`,
    );
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    return unreadable(`The configuration file ${path} must hold one JSON object, like {"port": 7420}.`);
  }
  const given: Given[] = [];
  for (const [key, value] of Object.entries(content)) {
    const name = settingNames.find((known) => known === key);
    if (name === undefined) reasons.push(unknownSetting(key, settingNames, `in ${path}`));
    else given.push({ name, spelled: key, value });
  }
  return given;
}

function fromEnvironment(env: ConfigInput['env'], reasons: Reason[]): Given[] {
  const given: Given[] = [];
  const known = new Map(settingNames.map((name) => [settings[name].env, name]));
  for (const [variable, text] of Object.entries(env)) {
    // An empty variable is how shells and compose files say "not set".
    if (text === undefined || text === '') continue;
    const name = known.get(variable);
    if (name !== undefined) given.push({ name, spelled: variable, value: settings[name].fromText(text) });
    else if (variable.startsWith('TIERLINE_') && !Object.hasOwn(otherVariables, variable)) {
      reasons.push(unknownSetting(variable, [...known.keys(), ...Object.keys(otherVariables)], 'in the environment'));
    }
  }
  return given;
}

function fromOverrides(overrides: ConfigOverrides): Given[] {
  const given: Given[] = [];
  for (const name of settingNames) {
    const value = overrides[name];
    if (value === undefined) continue;
    const setting: Setting<unknown> = settings[name];
    given.push({
      name,
      spelled: setting.flag ?? name,
      value: typeof value === 'string' ? setting.fromText(value) : value,
    });
  }
  return given;
}

function wrongValue(item: Given, setting: Setting<unknown>): Reason {
  const shown = setting.secret ? 'has a value that cannot be used' : `is ${shorten(JSON.stringify(item.value))}`;
  return {
    code: 'config.invalid_value',
    message: `${item.spelled} ${shown}; it must be ${setting.expects}.`,
    field: item.spelled,
  };
}

function unknownSetting(spelled: string, known: readonly string[], where: string): Reason {
  const meant = nearest(spelled, known);
  const hint = meant === undefined ? 'docs/reference/settings.md lists all settings' : `did you mean ${meant}?`;
  return {
    code: 'config.unknown_setting',
    message: `There is no setting ${shorten(spelled)} (${where}); ${hint}`,
    field: spelled,
  };
}

function checkTogether(config: Config, spelled: Partial<Record<SettingName, string>>, reasons: Reason[]): void {
  if (config.headersTimeoutMs > config.requestTimeoutMs) {
    const field = spelled.headersTimeoutMs ?? spelled.requestTimeoutMs ?? 'headersTimeoutMs';
    reasons.push({
      code: 'config.invalid_value',
      message: `The time for the head of a request (${config.headersTimeoutMs} ms) is longer than that for the whole request (${config.requestTimeoutMs} ms); ${field} must change.`,
      field,
    });
  }
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

function refusal(reasons: readonly Reason[]): TierlineError {
  const [first, ...more] = reasons;
  const message =
    first !== undefined && more.length === 0
      ? first.message
      : `The configuration has ${reasons.length} mistakes:\n${reasons.map((reason) => `- ${reason.message}`).join('\n')}`;
  return new TierlineError('config.invalid', 'invalid', message, { reasons });
}
