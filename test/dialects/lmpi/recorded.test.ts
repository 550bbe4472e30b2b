import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRecorded, recordedFiles, recordedIn, type RecordedWorld } from './recorded-world.ts';
import { told } from './told.ts';

// The recorded exchanges, sent to the demo channel in one story. What is written out in an answer is a fact of its source; what stands in
// angle brackets is another one each time, and only its form is compared. No member may be missing, and none may be there beside them.

let recorded: RecordedWorld;
beforeAll(async () => {
  recorded = await openRecorded();
}, 120_000);
afterAll(() => recorded.close());

describe.each(recordedFiles)('%s', (file) => {
  it.each(recordedIn(file))('$method $path ($source)', async ({ as, method, path, request, status, answer, keep }) => {
    const body = request === undefined ? undefined : JSON.stringify(recorded.filled(request));
    const sent = await recorded.send(as, method, recorded.filled(path), body);
    const { text } = sent;
    expect({ status: sent.status, text }).toEqual({ status, text: answer === undefined ? '' : text });
    if (answer === undefined) return;
    const got: unknown = JSON.parse(text);
    recorded.keep(got, keep);
    const expected = recorded.filled(answer);
    expect(told(got, expected)).toEqual(expected);
  });
});
