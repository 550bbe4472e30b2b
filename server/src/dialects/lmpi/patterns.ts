import {
  areDigits,
  areEmails,
  isLoginName,
  isPhoneNumber,
  isPlainEmail,
  type Codes,
} from '../../modules/codes/index.ts';
import type { Pattern } from './request.ts';

/** What texts of LMPI look like, for `text` and `optionalText` of a request. */

const emailSays = 'letters, digits, "-", ".", "_" and "@"';
/** Of a contact (LMPI reference, part 1, 5.2). */
export const email: Pattern = { test: isPlainEmail, says: `an e-mail address of ${emailSays}` };
/** Of a user, of which the pages say no more than that it is one (part 1, 6.1). */
export const mailbox: Pattern = { test: (text) => /^[^\s@]+@[^\s@]+$/.test(text), says: 'an e-mail address' };
export const emails: Pattern = {
  test: areEmails,
  says: `e-mail addresses of ${emailSays}, with a semicolon between them`,
};
export const digits: Pattern = { test: areDigits, says: 'digits only' };
export const phoneNumber: Pattern = { test: isPhoneNumber, says: 'digits, "+", "-", "." and brackets only' };
export const loginName: Pattern = { test: isLoginName, says: '4 to 25 letters, digits, "-" and "_"' };

/** Those that are checked with a list. Codes match exactly (LMPI reference, part 1, 2.2). */
export function codePatterns(codes: Codes) {
  const of = (list: { has(code: string): boolean }, says: string): Pattern => ({
    test: (text) => list.has(text),
    says,
  });
  return {
    country: of(codes.countries, 'a country code of ISO 3166-1 alpha-2 such as US'),
    timeZone: of(codes.timeZones, 'a Windows time zone such as Pacific Standard Time'),
    culture: of(codes.cultures, 'a culture code such as en-US'),
    industry: of(codes.industries, 'a code of an industry'),
    companySize: of(codes.companySizes, 'a code of a company size'),
    dataCenter: of(codes.dataCenters, `one of: ${[...codes.dataCenters.keys()].join(', ')}`),
  };
}

/** Most characters a code can have, so that what is longer is told as that. */
export const codeMax = { country: 2, timeZone: 64, culture: 16, industry: 3, companySize: 2, dataCenter: 10 } as const;
