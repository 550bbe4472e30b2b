import { companySizes, industries, onboardingDataCenters } from './company-codes.ts';
import { countries } from './countries.ts';
import { culturesByLanguage } from './cultures.ts';
import { windowsZones } from './time-zones.ts';

/** Codes that an operator adds to ours, each with what it means. */
export type CodeAdditions = {
  /** Windows names with the IANA zone they stand for. */
  readonly timeZones: Readonly<Record<string, string>>;
  readonly cultures: readonly string[];
  readonly industries: Readonly<Record<string, string>>;
  readonly companySizes: Readonly<Record<string, string>>;
  readonly dataCenters: Readonly<Record<string, string>>;
};

/** Every list a request is checked with. Codes match exactly, letter case and spaces included. */
export type Codes = {
  /** Windows names with the IANA zone they stand for. */
  readonly timeZones: ReadonlyMap<string, string>;
  /** ISO 3166-1 alpha-2. */
  readonly countries: ReadonlySet<string>;
  /** Such as `en-US`. */
  readonly cultures: ReadonlySet<string>;
  readonly industries: ReadonlyMap<string, string>;
  readonly companySizes: ReadonlyMap<string, string>;
  /** Where a partner can be set up, which are not the data centers of plans. */
  readonly dataCenters: ReadonlyMap<string, string>;
  /** The Windows name of an IANA zone, also of one that is an older or newer spelling; `UTC` for one without a name. */
  readonly windowsZone: (timeZone: string) => string;
  /** The culture of a language in a country: of a culture itself that one, else both together if known, else `en-US`. */
  readonly cultureOf: (language: string, country: string) => string;
};

export const noAdditions: CodeAdditions = {
  timeZones: {},
  cultures: [],
  industries: {},
  companySizes: {},
  dataCenters: {},
};

export function codesWith(additions: CodeAdditions): Codes {
  const cultures = new Set([...ownCultures(), ...additions.cultures]);
  return {
    timeZones: new Map([...ownTimeZones(), ...Object.entries(additions.timeZones)]),
    countries: new Set(countries),
    cultures,
    industries: merged(industries, additions.industries),
    companySizes: merged(companySizes, additions.companySizes),
    dataCenters: merged(onboardingDataCenters, additions.dataCenters),
    windowsZone: windowsNames(additions.timeZones),
    cultureOf(language, country) {
      if (cultures.has(language)) return language;
      const together = `${language}-${country}`;
      return cultures.has(together) ? together : 'en-US';
    },
  };
}

function merged(own: Readonly<Record<string, string>>, added: Readonly<Record<string, string>>): Map<string, string> {
  return new Map([...Object.entries(own), ...Object.entries(added)]);
}

function ownTimeZones(): [name: string, timeZone: string][] {
  return Object.entries(windowsZones).map(([name, zones]) => [name, zones.split(' ')[0] ?? '']);
}

function ownCultures(): string[] {
  return Object.entries(culturesByLanguage).flatMap(([language, used]) =>
    used.split(' ').map((country) => `${language}-${country}`),
  );
}

/** A name that was added never hides the one a zone has already. */
function windowsNames(added: CodeAdditions['timeZones']): (timeZone: string) => string {
  const names = new Map(Object.entries(added).map(([name, zone]) => [zone, name]));
  for (const [name, zones] of Object.entries(windowsZones)) {
    for (const zone of zones.split(' ')) names.set(zone, name);
  }
  return (timeZone) => names.get(timeZone) ?? names.get(canonicalZone(timeZone)) ?? 'UTC';
}

/** As CLDR spells it, whose names of zones never change: `Asia/Calcutta` for `Asia/Kolkata`. */
function canonicalZone(timeZone: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone;
  } catch {
    return timeZone;
  }
}
