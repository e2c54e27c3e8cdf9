import { COMMON_OPTIONS, type Option, type OptionTable } from '../arguments/options.ts';
import type { Command } from './command.ts';

const WIDTH = 100;

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

function placeholder(option: Option): string {
  if (option.type === 'flag') return '';
  if (option.type === 'choice') return ` ${option.placeholder ?? option.choices.join('|')}`;
  return option.type === 'path' ? ` ${option.placeholder}` : option.type === 'integer' ? ' N' : ' X';
}

function condition(option: Option): string {
  if ('required' in option && option.required) return ' (required)';
  const value = 'default' in option ? option.default : undefined;
  const shown = value === undefined ? option.whenAbsent : String(value);
  return shown === undefined ? '' : ` (default: ${shown})`;
}

function optionLines(table: OptionTable): string[] {
  const shown = Object.entries(table).filter(([, option]) => !option.hidden);
  const rows = shown.map(([name, option]) => ({
    left: `  --${name}${placeholder(option)}`,
    right: option.text + condition(option),
  }));
  const column = Math.min(34, Math.max(...rows.map((row) => row.left.length))) + 2;
  return rows.flatMap(({ left, right }) => {
    const lines = wrap(right, WIDTH - column).map((line) => ' '.repeat(column) + line);
    if (left.length + 2 > column) return [left, ...lines];
    return [left.padEnd(column) + lines[0]!.trimStart(), ...lines.slice(1)];
  });
}

function usageLine(command: Command): string {
  const required = Object.entries(command.options).filter(([, option]) => 'required' in option && option.required);
  const words = required.map(([name, option]) => `--${name}${placeholder(option)}`);
  if (command.operands) words.push(command.operands.placeholder + (command.operands.many ? ' …' : ''));
  return ['Usage: cnt', command.name, ...words, '[options]'].join(' ');
}

/** The text of `cnt <command> --help`. */
export function commandHelp(command: Command): string {
  const about = (command.about ?? []).flatMap((paragraph) => ['', ...wrap(paragraph, WIDTH)]);
  const own = Object.keys(command.options).length > 0 ? ['', 'Options:', ...optionLines(command.options)] : [];
  const examples = [
    '',
    command.examples.length > 1 ? 'Examples:' : 'Example:',
    ...command.examples.map((e) => `  ${e}`),
  ];
  return [
    usageLine(command),
    '',
    `${command.purpose[0]!.toUpperCase()}${command.purpose.slice(1)}.`,
    ...about,
    ...own,
    '',
    'Common options:',
    ...optionLines(COMMON_OPTIONS),
    ...examples,
  ].join('\n');
}

/** The text of `cnt help`. */
export function overview(commands: readonly Command[]): string {
  const column = Math.max(...commands.map((command) => command.name.length)) + 4;
  return [
    'Usage: cnt <command> [options]',
    '',
    'Compresses vectors with a small transformer network so that near neighbors stay near, builds search',
    'indexes on the compressed vectors, and measures recall and cost.',
    '',
    'Commands:',
    ...commands.map((command) => `  ${command.name.padEnd(column - 2)}${command.purpose}`),
    '',
    'cnt <command> --help says more, cnt --version which version this is.',
    'Results go to stdout, progress and messages to stderr.',
    'Exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted. CNT_DEBUG=1 adds the stack of an error.',
  ].join('\n');
}
