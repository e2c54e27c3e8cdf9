import * as assert from 'uvu/assert';

/** Checks that work fails with an error whose message contains a text, or matches a pattern. */
export async function rejects(work: () => Promise<unknown>, expected: string | RegExp): Promise<void> {
  let message: string | undefined;
  try {
    await work();
  } catch (error) {
    message = (error as Error).message;
  }
  assert.type(message, 'string', `expected a failure: ${expected}`);
  assert.match(message!, expected);
}
