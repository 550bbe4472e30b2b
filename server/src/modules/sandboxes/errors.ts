import { TierlineError, type Temporal } from '@tierline/kernel';

export const noSuchSandbox = (): TierlineError =>
  new TierlineError('sandboxes.not_found', 'not_found', 'There is no such sandbox.');

export const beingAdvanced = (): TierlineError =>
  new TierlineError(
    'sandboxes.being_advanced',
    'conflict',
    'The clock of the sandbox is being advanced by another request. Try again when it stands.',
  );

export const advanceUnfinished = (to: string, field: string): TierlineError =>
  new TierlineError(
    'sandboxes.advance_unfinished',
    'conflict',
    `An advance to ${to} was cut off, and a part of what is due until then has happened. Advance to ${to} or later.`,
    { field, details: { advancing_to: to } },
  );

export const goesBackwards = (now: Temporal.Instant, field: string): TierlineError =>
  new TierlineError(
    'sandboxes.clock_goes_backwards',
    'invalid',
    `The clock of a sandbox only goes forward, and it shows ${now.toString()}.`,
    { field, details: { now_at: now.toString() } },
  );

export const tooFar = (latest: Temporal.Instant, field: string): TierlineError =>
  new TierlineError(
    'sandboxes.too_far',
    'invalid',
    `The clock of this sandbox can be advanced to ${latest.toString()} at most by one request.`,
    { field, details: { latest: latest.toString() } },
  );

export const notWholeSeconds = (field: string): TierlineError =>
  new TierlineError('sandboxes.not_whole_seconds', 'invalid', 'The clock of a sandbox shows whole seconds.', { field });

export const outOfRange = (field: string): TierlineError =>
  new TierlineError('sandboxes.out_of_range', 'invalid', 'A sandbox begins between the years 2000 and 2150.', {
    field,
  });
