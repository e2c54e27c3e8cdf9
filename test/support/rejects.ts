import * as assert from 'uvu/assert';

const ACCEPTED = 'accepted';

/** The message of the error of this kind that work fails with, or `accepted`. */
export async function messageOf(work: () => unknown, kind: ErrorConstructor = Error): Promise<string> {
  try {
    await work();
  } catch (error) {
    assert.instance(error, kind);
    return (error as Error).message;
  }
  return ACCEPTED;
}

/** Checks that work fails with an error whose message contains a text, or matches a pattern. */
export async function rejects(work: () => unknown, expected: string | RegExp): Promise<void> {
  const message = await messageOf(work);
  assert.is.not(message, ACCEPTED, `expected a failure: ${expected}`);
  assert.match(message, expected);
}
