import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { InterruptedError } from '../../../src/cli/session/failures.ts';
import { runProcesses } from '../../../src/cli/session/processes.ts';

const node = (code: string) => ['-e', code];
const never = new AbortController().signal;

test('all commands run, a few at a time, and each is counted', async () => {
  const counted: number[] = [];
  await runProcesses([node(''), node('console.log(1)'), node('console.error(2)')], 2, never, (done) =>
    counted.push(done),
  );
  assert.equal(counted, [1, 2, 3]);
});

test('the first failure is told by its last line, and ends the others', async () => {
  const begin = Date.now();
  const commands = [
    node('console.error("cnt: x: expected 1, got 2."); process.exit(1)'),
    node('setTimeout(() => {}, 60000)'),
  ];
  const error = await runProcesses(commands, 2, never, () => {}).catch((reason) => reason);
  assert.is(error.message, 'x: expected 1, got 2.');
  assert.ok(Date.now() - begin < 30_000);
});

test('an interruption ends all of them', async () => {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 50);
  const commands = [node('setTimeout(() => {}, 60000)'), node('setTimeout(() => {}, 60000)')];
  const error = await runProcesses(commands, 1, controller.signal, () => {}).catch((reason) => reason);
  assert.instance(error, InterruptedError);
});

test.run();
