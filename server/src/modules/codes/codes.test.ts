import { isTimeZone } from '@tierline/kernel';
import { describe, expect, test } from 'vitest';
import { readAdditions } from './additions.ts';
import { codesWith, noAdditions } from './codes.ts';
import { areDigits, areEmails, isLoginName, isPhoneNumber, isPlainEmail } from './contact-rules.ts';

const codes = codesWith(noAdditions);

describe('the lists', () => {
  test('every Windows time zone of CLDR stands for one zone that there is, and that zone is shown by its name', () => {
    expect(codes.timeZones.size).toBe(139);
    expect(new Set(codes.timeZones.values()).size).toBe(139);
    for (const [name, zone] of codes.timeZones) {
      expect([name, isTimeZone(zone)]).toEqual([name, true]);
      expect(codes.windowsZone(zone)).toBe(name);
    }
    expect(codes.timeZones.get('Tokyo Standard Time')).toBe('Asia/Tokyo');
    expect(codes.timeZones.get('UTC')).toBe('Etc/UTC');
    expect(codes.timeZones.has('tokyo standard time')).toBe(false);
  });

  /** What our own API stores may be any zone, in any spelling of it. */
  test('every IANA zone has a Windows name, older and newer spellings alike', () => {
    const nameless = Intl.supportedValuesOf('timeZone').filter((zone) => codes.windowsZone(zone) === 'UTC');
    expect(nameless.filter((zone) => !/^(UTC|Etc\/)/.test(zone))).toEqual(['Antarctica/Troll']);
    expect(codes.windowsZone('Asia/Kolkata')).toBe('India Standard Time');
    expect(codes.windowsZone('Europe/Kyiv')).toBe(codes.windowsZone('Europe/Kiev'));
    expect(codes.windowsZone('Europe/Vienna')).toBe('W. Europe Standard Time');
    expect(codes.windowsZone('No/Where')).toBe('UTC');
  });

  test('countries are the 249 of ISO 3166-1, cultures a language in one of them', () => {
    expect(codes.countries.size).toBe(249);
    for (const country of ['US', 'GB', 'TW', 'SS']) expect(codes.countries.has(country)).toBe(true);
    for (const none of ['UK', 'EU', 'us', 'XX', 'AN', '']) expect(codes.countries.has(none)).toBe(false);
    for (const culture of codes.cultures) {
      expect(Intl.getCanonicalLocales(culture)).toEqual([culture]);
      expect([culture, codes.countries.has(culture.slice(-2))]).toEqual([culture, true]);
    }
    for (const culture of ['en-US', 'ja-JP', 'de-DE', 'zh-TW']) expect(codes.cultures.has(culture)).toBe(true);
    for (const none of ['en', 'en-us', 'xx-US', 'en_US']) expect(codes.cultures.has(none)).toBe(false);
  });

  test('a language becomes a culture with its country', () => {
    expect(codes.cultureOf('ja-JP', 'US')).toBe('ja-JP');
    expect(codes.cultureOf('de', 'AT')).toBe('de-AT');
    expect(codes.cultureOf('de', 'US')).toBe('en-US');
  });

  test('industries and sizes are as short as the wire wants them', () => {
    expect(codes.industries.size).toBe(21 + 88);
    for (const code of codes.industries.keys()) expect(code).toMatch(/^([A-U]|\d\d)$/);
    for (const code of codes.companySizes.keys()) expect(code).toMatch(/^\d$/);
    expect([...codes.dataCenters.keys()].join(' ')).toBe('US CA UK EU SG JP AU IN');
  });
});

describe('what an operator adds', () => {
  const content = {
    time_zones: { 'Kamchatka Standard Time': 'Asia/Kamchatka' },
    cultures: ['zh-Hans-CN'],
    industries: { X01: 'Space travel' },
    company_sizes: { '7': 'More' },
    data_centers: { BR: 'Brazil' },
  };

  test('is there beside ours, and hides none of them', () => {
    const { additions, reasons } = readAdditions(content);
    expect(reasons).toEqual([]);
    const more = codesWith(additions);
    expect(more.timeZones.get('Kamchatka Standard Time')).toBe('Asia/Kamchatka');
    expect(more.timeZones.size).toBe(140);
    expect(more.windowsZone('Asia/Kamchatka')).toBe('Russia Time Zone 11');
    expect(more.cultures.has('zh-Hans-CN')).toBe(true);
    expect(more.industries.get('X01')).toBe('Space travel');
    expect(more.companySizes.get('7')).toBe('More');
    expect(more.dataCenters.get('BR')).toBe('Brazil');
  });

  test.each([
    ['a list that is none', { zones: {} }, 'zones'],
    ['no object', [], 'the file'],
    ['no IANA zone', { time_zones: { 'Mars Time': 'Mars/Olympus' } }, 'time_zones.Mars Time'],
    ['a name with spaces at its end', { time_zones: { 'Mars Time ': 'UTC' } }, 'time_zones.Mars Time '],
    ['no culture', { cultures: ['zh-Hans-CN', 'zh-hans-cn'] }, 'cultures.1'],
    ['a long code', { industries: { ABCD: 'x' } }, 'industries.ABCD'],
    ['no meaning', { company_sizes: { '7': '' } }, 'company_sizes.7'],
    ['a code of ours', { data_centers: { US: 'Elsewhere' } }, 'data_centers.US'],
    ['a zone of ours', { time_zones: { UTC: 'Asia/Tokyo' } }, 'time_zones.UTC'],
  ])('is refused with its place: %s', (_what, wrong, field) => {
    expect(readAdditions(wrong).reasons).toMatchObject([{ code: 'codes.invalid', field }]);
  });
});

describe('how people are reached', () => {
  test('an e-mail address has letters, digits, hyphens, periods and underscores', () => {
    for (const right of ['a@b', 'A.b-c_d9@mail.example.com']) expect(isPlainEmail(right)).toBe(true);
    for (const wrong of ['', 'a', 'a@', '@b', 'a@b@c', 'a+b@c.de', 'ä@b.de', 'a b@c.de', 'a@b.', 'a@.b']) {
      expect([wrong, isPlainEmail(wrong)]).toEqual([wrong, false]);
    }
  });

  test('several have a semicolon between them', () => {
    for (const right of ['a@b.c', 'a@b.c;d@e.f', 'a@b.c; d@e.f;']) expect(areEmails(right)).toBe(true);
    for (const wrong of ['a@b.c,d@e.f', 'a@b.c;;d@e.f', ';', 'a@b.c;x']) expect(areEmails(wrong)).toBe(false);
  });

  test('phone parts and login names', () => {
    expect(['886', '0'].every(areDigits)).toBe(true);
    expect(['+1', '1 2', '٣'].some(areDigits)).toBe(false);
    expect(['2378-9666', '+49.30', '(030)1'].every(isPhoneNumber)).toBe(true);
    expect(['12 34', 'x1', '1/2'].some(isPhoneNumber)).toBe(false);
    expect(['abcd', 'A-b_9', 'x'.repeat(25)].every(isLoginName)).toBe(true);
    expect(['abc', 'x'.repeat(26), 'a.bcd', 'äbcd', 'ab cd'].some(isLoginName)).toBe(false);
  });
});
