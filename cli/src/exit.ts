/** How a command ends, for scripts: the only place that names exit codes. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  notAllowed: 4,
  conflict: 5,
  partly: 6,
  unavailable: 69,
  tryLater: 75,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export const exitMeanings: Readonly<Record<keyof typeof exitCodes, string>> = {
  done: 'Done.',
  failed: 'Refused or failed; what is wrong is said on standard error.',
  usage: 'The command line is wrong, or a setting is; nothing was done.',
  notFound: 'There is no such thing, or not for you.',
  notAllowed: 'No credentials, wrong ones, or ones that do not allow it.',
  conflict: 'It contradicts what is there, for example because somebody changed it meanwhile.',
  partly: 'Done in part: some rows of a file were refused, the others are stored.',
  unavailable: 'The server does not answer, or is not ready.',
  tryLater: 'Too much at once; try again later.',
  interrupted: 'Interrupted from the keyboard.',
};

/** For a refusal of the server. */
export function exitCodeOfStatus(status: number): ExitCode {
  switch (status) {
    case 401:
    case 403:
      return exitCodes.notAllowed;
    case 404:
      return exitCodes.notFound;
    case 409:
    case 412:
      return exitCodes.conflict;
    case 429:
      return exitCodes.tryLater;
    case 502:
    case 503:
    case 504:
      return exitCodes.unavailable;
    default:
      return exitCodes.failed;
  }
}
