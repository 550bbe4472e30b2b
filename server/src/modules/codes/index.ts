export { codesWith, noAdditions, type CodeAdditions, type Codes } from './codes.ts';
export * from './contact-rules.ts';
export { openCodes } from './service.ts';
