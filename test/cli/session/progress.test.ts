import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { clockText, createProgress } from '../../../src/cli/session/progress.ts';
import type { Terminal } from '../../../src/cli/session/terminal.ts';

function fakeTerminal(columns: number | undefined) {
  const state = { seconds: 0, text: '' };
  const terminal: Terminal = {
    out: () => assert.unreachable('progress wrote to stdout'),
    drained: async () => true,
    err: (text) => {
      state.text += text;
    },
    columns,
    now: () => state.seconds,
    memory: () => ({ limit: undefined, available: undefined }),
    signal: new AbortController().signal,
    env: {},
  };
  return { state, terminal };
}

test('without a terminal, a plain line appears at every tenth', () => {
  const { state, terminal } = fakeTerminal(undefined);
  const progress = createProgress(terminal, 'training', false);
  for (let done = 0; done <= 1000; done++) {
    state.seconds = done * 0.05;
    progress.update(done, 1000, 'loss 1.5');
  }
  progress.end();
  const lines = state.text.trimEnd().split('\n');
  assert.is(lines.length, 10);
  assert.is(lines[0], 'training: 10 %, 100 of 1,000, 20 a second, 0:45 left, loss 1.5');
});

test('slow work without a terminal says something every ten seconds, quick work nothing', () => {
  const slow = fakeTerminal(undefined);
  const progress = createProgress(slow.terminal, 'building', false);
  for (let second = 0; second <= 35; second++) {
    slow.state.seconds = second;
    progress.update(second, 10_000);
  }
  assert.is(slow.state.text.trimEnd().split('\n').length, 3);

  const quick = fakeTerminal(undefined);
  const silent = createProgress(quick.terminal, 'building', false);
  for (let done = 0; done <= 100; done++) silent.update(done, 100);
  assert.is(quick.state.text, '');
});

test('a terminal shows one redrawn line that fits its width, and takes it away', () => {
  const { state, terminal } = fakeTerminal(40);
  const progress = createProgress(terminal, 'searching', false);
  for (let done = 1; done <= 10; done++) {
    state.seconds = done;
    progress.update(done, 10);
  }
  progress.end();
  assert.not.match(state.text, '\n');
  const drawn = state.text.split('\r\x1b[2K');
  assert.ok(drawn.every((line) => line.length <= 39));
  assert.match(drawn[5]!, '[############............] searching');
  assert.is(drawn.at(-1), '');
});

test('quiet work says nothing', () => {
  const { state, terminal } = fakeTerminal(undefined);
  const progress = createProgress(terminal, 'x', true);
  state.seconds = 100;
  progress.update(50, 100);
  progress.end();
  assert.is(state.text, '');
});

test('clockText', () => {
  assert.equal([0, 59.6, 75, 4000].map(clockText), ['0:00', '1:00', '1:15', '1:06:40']);
});

test.run();
