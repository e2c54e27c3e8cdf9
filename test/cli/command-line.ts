import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { COMMANDS } from '../../src/cli/commands/all.ts';
import { main } from '../../src/cli/program.ts';
import type { MachineMemory } from '../../src/cli/session/machine-memory.ts';

export interface Finished {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

export interface Circumstances {
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Seconds that each look at the clock takes. */
  readonly clockStep?: number;
  readonly onErr?: (text: string) => void;
  /** As the engine tells it, which otherwise cannot. */
  readonly memory?: MachineMemory;
  /** Leaves the number of threads to the command, which otherwise gets one: tests run side by side. */
  readonly allCores?: boolean;
}

/** Runs one command line in this process, as `cnt <argv>` would. */
export async function cnt(argv: readonly string[], circumstances: Circumstances = {}): Promise<Finished> {
  let out = '';
  let err = '';
  let seconds = 0;
  const command = COMMANDS.some(({ name }) => name === argv[0]);
  const alone = command && !circumstances.allCores && !argv.includes('--threads');
  const words = alone ? [argv[0]!, '--threads', '1', ...argv.slice(1)] : argv;
  const status = await main(words, {
    out: (text) => {
      out += text;
    },
    drained: async () => true,
    err: (text) => {
      err += text;
      circumstances.onErr?.(text);
    },
    columns: undefined,
    now: () => (seconds += circumstances.clockStep ?? 0.001),
    memory: () => circumstances.memory ?? { limit: undefined, available: undefined },
    signal: circumstances.signal ?? new AbortController().signal,
    env: circumstances.env ?? {},
  });
  return { status, out, err };
}

/** Runs a command line that must succeed without a word on stderr, and gives what it printed. */
export async function succeed(...argv: string[]): Promise<string> {
  const { status, out, err } = await cnt(argv);
  assert.is(err, '', `cnt ${argv.join(' ')}`);
  assert.is(status, 0);
  return out;
}

/** The object that a successful command prints with `--json`. */
export async function succeedJson(...argv: string[]): Promise<Record<string, unknown>> {
  return JSON.parse(await succeed(...argv, '--json')) as Record<string, unknown>;
}

/** Runs a command line that must fail with this status and exactly one line, which is returned without its end. */
export async function fail(status: number, ...argv: string[]): Promise<string> {
  const finished = await cnt(argv);
  const label = `cnt ${argv.join(' ')}`;
  assert.is(finished.status, status, `${label}: ${finished.err}`);
  assert.is(finished.out, '', label);
  assert.match(finished.err, /^cnt[^\n]*\.\n$|^cnt[^\n]*\?\n$/, label);
  return finished.err.trimEnd();
}

/** A fresh folder under the system's temporary one, and how to remove it. */
export function temporaryFolder(): { readonly path: (name: string) => string; readonly remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'cnt-test-'));
  return {
    path: (name) => join(folder, name),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
