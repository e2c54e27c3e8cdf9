import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const PYTHON = '/usr/bin/python3';

/** How a contender is started; its life is told in contenders/contender.ts. */
export interface Contestant {
  readonly name: string;
  readonly command: readonly string[];
  /** Why it cannot take part. */
  readonly absent?: string;
  /** Whether `load` can be asked of it. */
  readonly loads: boolean;
}

/** A program of ours in contenders/. @param requires a package that must be installed here */
export function ofThisProject(file: string, name: string, requires?: string): Contestant {
  const command = [process.execPath, '--import', 'tsx', here(`contenders/${file}`)];
  const loads = file !== 'hnswlib-wasm.ts';
  if (requires === undefined || existsSync(here(`node_modules/${requires}`))) return { name, command, loads };
  return { name, command, loads, absent: 'npm install in bench/peers' };
}

/** A program of ours in contenders/, which imports a library of Debian's Python. */
export function ofPython(file: string, library: string, name: string, operands: readonly string[] = []): Contestant {
  const command = [PYTHON, here(`contenders/${file}`), ...operands];
  const found = spawnSync(PYTHON, ['-c', `import ${library}`]).status === 0;
  return { name, command, loads: true, ...(!found && { absent: `apt-get install python3-${library}` }) };
}

/** Compiles hnswlib for this processor: the headers that hnswlib-node brings, else Debian's. */
function native(): Contestant {
  const name = 'hnswlib C++ -O3 -march=native';
  const bundled = here('node_modules/hnswlib-node/src/hnswlib');
  const folder = join(tmpdir(), 'cnt-peers');
  const program = join(folder, 'native');
  mkdirSync(folder, { recursive: true });
  const from = existsSync(bundled) ? ['-DBUNDLED', '-I', bundled] : [];
  const compiled = spawnSync('g++', ['-O3', '-march=native', ...from, here('contenders/native.cpp'), '-o', program]);
  const absent =
    compiled.status === 0 ? {} : { absent: 'g++ and the headers of hnswlib (apt-get install libhnswlib-dev)' };
  return { name, command: [program], loads: true, ...absent };
}

/** All that build and search HNSW graphs; the first is this project. */
export function contestants(): Contestant[] {
  return [
    ofThisProject('ours.ts', 'this project'),
    ofThisProject('hnswlib-node.ts', 'hnswlib-node', 'hnswlib-node'),
    ofThisProject('usearch.ts', 'usearch', 'usearch'),
    ofThisProject('hnswlib-wasm.ts', 'hnswlib-wasm', 'hnswlib-wasm'),
    native(),
    ofPython('python.py', 'hnswlib', 'hnswlib Python', ['hnswlib']),
    ofPython('python.py', 'faiss', 'faiss Python', ['faiss']),
  ];
}

/** A contender at work. */
export class Running {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;
  readonly #input: Interface;

  constructor(command: readonly string[], operands: readonly string[]) {
    this.#process = spawn(command[0]!, [...command.slice(1), ...operands], { stdio: ['pipe', 'pipe', 'ignore'] });
    this.#input = createInterface({ input: this.#process.stdout });
    this.#lines = this.#input[Symbol.asyncIterator]();
  }

  /** Waits until it has read its vectors. */
  async ready(): Promise<void> {
    await this.#answer((line) => line === 'ready');
  }

  /** @returns seconds */
  async ask(command: string): Promise<number> {
    this.#process.stdin.write(`${command}\n`);
    return Number(await this.#answer((line) => line === 'NaN' || (line !== '' && Number.isFinite(Number(line)))));
  }

  end(): void {
    this.#process.stdin.end();
    this.#input.close();
  }

  /** Some libraries talk on stdout: what is not an answer is passed over. */
  async #answer(isAnswer: (line: string) => boolean): Promise<string> {
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done) throw new Error('a contender ended before its answer');
      if (isAnswer(value)) return value;
    }
  }
}
