import { availableParallelism } from 'node:os';
import { type BackendChoice, simdSupported } from '../../kernels/backend.ts';
import { MOST_THREADS } from '../../kernels/threads/control.ts';
import { optionValue, parseArguments } from './arguments/arguments.ts';
import { COMMON_OPTIONS, type CommonValues } from './arguments/options.ts';
import { suggestion } from './arguments/suggestion.ts';
import { UsageError } from './arguments/usage-error.ts';
import { COMMANDS } from './commands/all.ts';
import { ChosenGpu } from './session/chosen-gpu.ts';
import type { Command, Outcome, Session } from './session/command.ts';
import { EXIT, exitStatusOf, messageOf } from './session/failures.ts';
import { commandHelp, overview } from './session/help.ts';
import { createProgress } from './session/progress.ts';
import type { Terminal } from './session/terminal.ts';
import { packageVersion } from './session/version.ts';

function chosenBackend(given: string | undefined, env: Terminal['env']): BackendChoice | 'gpu' {
  const fromEnvironment = env['CNT_BACKEND'];
  const choice =
    given ??
    (fromEnvironment
      ? String(optionValue('backend (from CNT_BACKEND)', COMMON_OPTIONS.backend, fromEnvironment))
      : 'auto');
  return choice as BackendChoice | 'gpu';
}

function requireOperands(command: Command, operands: readonly string[]): void {
  const wanted = command.operands;
  if (!wanted && operands.length > 0) {
    throw new UsageError(`expected options only, got ${JSON.stringify(operands[0])}.`);
  }
  if (wanted && operands.includes(''))
    throw new UsageError(`${wanted.placeholder}: expected a word, got an empty text.`);
  if (wanted && operands.length === 0) throw new UsageError(`${wanted.placeholder} is missing.`);
  if (wanted && !wanted.many && operands.length > 1) {
    throw new UsageError(`expected one ${wanted.placeholder}, got ${operands.length}.`);
  }
}

async function createSession(
  command: Command,
  terminal: Terminal,
  values: CommonValues,
): Promise<{ readonly session: Session; readonly gpu: ChosenGpu }> {
  const note = (line: string): void => {
    if (!values.quiet) terminal.err(`${line}\n`);
  };
  const choice = chosenBackend(values.backend, terminal.env);
  const threads = values.threads ?? Math.min(availableParallelism(), MOST_THREADS);
  const gpu = new ChosenGpu(command, terminal.env, choice === 'auto', threads, note);
  if (choice === 'gpu') await gpu.open();
  const onCpu = choice === 'reference' || !simdSupported() ? 'reference' : 'simd';
  const session: Session = {
    signal: terminal.signal,
    backend: choice === 'gpu' ? 'auto' : choice,
    get gpu() {
      return gpu.device;
    },
    gpuFor: (multiplyAdds) => gpu.for(multiplyAdds),
    get ranOn() {
      return gpu.device ? 'gpu' : onCpu;
    },
    threads,
    write: (text) => {
      terminal.out(text);
      return terminal.drained();
    },
    memory: terminal.memory(),
    note,
    progress: (label) => createProgress(terminal, label, values.quiet),
    now: terminal.now,
  };
  return { session, gpu };
}

function show(terminal: Terminal, command: Command, outcome: Outcome, asJson: boolean, seconds: number): void {
  if (!asJson) {
    if (outcome.lines.length > 0) terminal.out(`${outcome.lines.join('\n')}\n`);
    return;
  }
  const versions = { cnt: packageVersion(), node: process.versions.node };
  // The most memory that the process held at any time, as the operating system counts it: pages that were touched, not only asked for.
  const peakMemoryBytes = 1024 * process.resourceUsage().maxRSS;
  const report = { command: command.name, ...outcome.json, seconds, peakMemoryBytes, versions };
  terminal.out(`${JSON.stringify(report, null, 2)}\n`);
}

async function runCommand(command: Command, argv: readonly string[], terminal: Terminal): Promise<void> {
  const { values, operands } = parseArguments({ ...command.options, ...COMMON_OPTIONS }, argv);
  if (values.help) {
    terminal.out(`${commandHelp(command)}\n`);
    return;
  }
  requireOperands(command, operands);
  const begin = terminal.now();
  const { session, gpu } = await createSession(command, terminal, values);
  try {
    const outcome = await command.run(values, operands, session);
    const adapter = gpu.device && { adapter: gpu.device.report.adapter };
    if (outcome.linesOnStderr) for (const line of outcome.lines) session.note(line);
    else {
      const json = { ...outcome.json, ...adapter };
      show(terminal, command, { ...outcome, json }, values.json, terminal.now() - begin);
    }
  } finally {
    await gpu.close();
  }
}

function findCommand(name: string): Command {
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (command) return command;
  const names = COMMANDS.map((candidate) => candidate.name);
  throw new UsageError(`unknown command ${JSON.stringify(name)}.${suggestion(name, [...names, 'help', 'version'])}`);
}

async function dispatch(argv: readonly string[], terminal: Terminal): Promise<void> {
  const [first, ...rest] = argv;
  if (first === '--version' || first === '-V' || first === 'version') {
    terminal.out(`${packageVersion()}\n`);
    return;
  }
  if (first === undefined) throw new UsageError('expected a command; cnt help lists them.');
  if (first === 'help' || first === '--help' || first === '-h') {
    terminal.out(`${rest[0] === undefined ? overview(COMMANDS) : commandHelp(findCommand(rest[0]))}\n`);
    return;
  }
  await runCommand(findCommand(first), rest, terminal);
}

/**
 * Runs one command line.
 *
 * @param argv the words after `cnt`
 * @returns the exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted; after a failure one line stands on stderr
 */
export async function main(argv: readonly string[], terminal: Terminal): Promise<number> {
  try {
    await dispatch(argv, terminal);
    return EXIT.done;
  } catch (error) {
    const known = COMMANDS.some((command) => command.name === argv[0]);
    const clearLine = terminal.columns === undefined ? '' : '\r\x1b[2K';
    terminal.err(`${clearLine}${known ? `cnt ${argv[0]}` : 'cnt'}: ${messageOf(error)}\n`);
    if (terminal.env['CNT_DEBUG'] === '1' && error instanceof Error) terminal.err(`${error.stack}\n`);
    return exitStatusOf(error);
  }
}
