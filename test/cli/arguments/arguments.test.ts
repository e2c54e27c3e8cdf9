import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseArguments } from '../../../src/cli/arguments/arguments.ts';
import type { OptionTable } from '../../../src/cli/arguments/options.ts';
import { nearestWord } from '../../../src/cli/arguments/suggestion.ts';
import { UsageError } from '../../../src/cli/arguments/usage-error.ts';

const table = {
  base: { type: 'path', placeholder: 'B', required: true, text: 'the vectors' },
  k: { type: 'integer', least: 1, most: 1000, default: 100, text: 'how many' },
  limit: { type: 'integer', least: 1, text: 'first rows' },
  lr: { type: 'number', above: 0, text: 'rate' },
  profile: { type: 'choice', choices: ['canonical', 'faiss'], default: 'canonical', text: 'profile' },
  resume: { type: 'flag', text: 'go on' },
  help: { type: 'flag', text: 'help' },
} as const satisfies OptionTable;

const refused = (argv: readonly string[], message: string) =>
  assert.throws(
    () => parseArguments(table, argv),
    (error: unknown) => {
      assert.instance(error, UsageError);
      assert.is((error as Error).message, message);
      return true;
    },
  );

test('values have their types, defaults fill in, absent ones stay undefined', () => {
  const { values, operands } = parseArguments(table, ['x', '--base', 'b.fvecs', '--lr=1e-3', '--resume', '--', '--y']);
  assert.equal(values, { base: 'b.fvecs', lr: 0.001, resume: true, k: 100, profile: 'canonical', help: false });
  assert.equal(operands, ['x', '--y']);
  assert.is(values.limit, undefined);
});

test('an unknown option is refused, with the one that was probably meant', () => {
  refused(['--base', 'b', '--limti', '5'], 'unknown option --limti. Did you mean --limit?');
  refused(['--base', 'b', '--res'], 'unknown option --res. Did you mean --resume?');
  refused(['--base', 'b', '--zzzzzz'], 'unknown option --zzzzzz.');
  refused(['--base', 'b', '--limitrows', '5'], 'unknown option --limitrows. Did you mean --limit?');
  refused(['--base', 'b', '-k', '5'], 'unknown option -k. Did you mean --k?');
  const bound = '--limit: expected a whole number from 1 to 9007199254740991, got "9007199254740993".';
  refused(['--base', 'b', '--limit', '9007199254740993'], bound);
  refused(['--base', 'b', '--constructor'], 'unknown option --constructor.');
});

test('numbers are plain and within their range', () => {
  const range = '--k: expected a whole number from 1 to 1000, got';
  for (const text of ['0', '1001', '-5', '1.5', '1e2', 'ten', '', '0x10', '1_000', 'Infinity']) {
    refused(['--base', 'b', `--k=${text}`], `${range} ${JSON.stringify(text)}.`);
  }
  refused(['--base', 'b', '--limit', '0.64M'], '--limit: expected a whole number of at least 1, got "0.64M".');
  for (const text of ['0', '-1', 'NaN', '1e999', '1k', '.']) {
    refused(['--base', 'b', `--lr=${text}`], `--lr: expected a number above 0, got ${JSON.stringify(text)}.`);
  }
});

test('a fraction may leave out the digits on one side of its point', () => {
  const rate = (text: string) => parseArguments(table, ['--base', 'b', '--lr', text]).values.lr;
  assert.equal([rate('.5'), rate('2.'), rate('1e-3'), rate('2.5E2')], [0.5, 2, 0.001, 250]);
});

test('choices, flags, missing values, repeated and missing options are checked', () => {
  refused(
    ['--base', 'b', '--profile', 'fais'],
    '--profile: expected canonical | faiss, got "fais". Did you mean faiss?',
  );
  refused(['--base', 'b', '--resume=yes'], '--resume: expected no value, got "yes".');
  refused(['--base'], '--base: expected a value, got the end of the line.');
  refused(['--base', '--resume'], '--base: expected a value, got the option --resume.');
  refused(['--base', 'b', '--base', 'c'], '--base is given twice.');
  refused(['--base='], '--base: expected a path, got an empty text.');
  refused([], '--base is missing: the vectors.');
});

test('help needs nothing else, in both spellings', () => {
  assert.is(parseArguments(table, ['--help']).values.help, true);
  assert.is(parseArguments(table, ['-h']).values.help, true);
});

test('nearestWord allows one change in three letters, a swap being one', () => {
  const known = ['generate', 'train', 'truth', 'eval'];
  assert.is(nearestWord('trian', known), 'train');
  assert.is(nearestWord('evl', known), 'eval');
  assert.is(nearestWord('gen', known), 'generate');
  assert.is(nearestWord('delete', known), undefined);
  assert.is(nearestWord('x', ['M']), undefined);
  assert.is(nearestWord('m', ['k', 'M']), 'M');
});

test.run();
