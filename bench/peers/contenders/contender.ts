/**
 * The life of a contender: a process that reads its vectors, then does what each line of its input says and answers in one line.
 *
 *   build INDEX   builds the index and writes it to the file; answers the seconds
 *   load INDEX    reads it again instead; answers 0
 *   search EF     answers the seconds of all queries, one after the other, and writes the ids found, int32 (queries, K), to OUT
 *
 * Arguments: BASE.fvecs QUERY.fvecs ROWS M EF_CONSTRUCTION K OUT. Seconds are processor time of this process, which contains garbage
 * collection and compilation, and neither the reading of vectors nor the writing of ids.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

export interface Vectors {
  readonly rows: number;
  readonly dim: number;
  /** (rows, dim). */
  readonly data: Float32Array;
}

export interface Task {
  readonly base: Vectors;
  readonly queries: Vectors;
  readonly M: number;
  readonly efConstruction: number;
  readonly k: number;
}

export interface Contender {
  build(): void | Promise<void>;
  save(path: string): void | Promise<void>;
  load(path: string): void | Promise<void>;
  /** What must be done before searches with another ef, outside the time. */
  prepare?(ef: number): void;
  /** Fills `ids` (queries, k). */
  search(ef: number, ids: Int32Array): void | Promise<void>;
}

function readFvecs(path: string, limit: number): Vectors {
  const bytes = readFileSync(path);
  const dim = bytes.readInt32LE(0);
  const rows = Math.min(limit, bytes.length / (4 * (dim + 1)));
  const all = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + 4 * rows * (dim + 1)));
  const data = new Float32Array(rows * dim);
  for (let row = 0; row < rows; row++) data.set(all.subarray(row * (dim + 1) + 1, (row + 1) * (dim + 1)), row * dim);
  return { rows, dim, data };
}

async function seconds(work: () => void | Promise<void>): Promise<number> {
  const begin = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(begin);
  return (user + system) / 1e6;
}

export async function run(enter: (task: Task) => Contender | Promise<Contender>): Promise<void> {
  const [basePath, queryPath, rows, M, efConstruction, k, out] = process.argv.slice(2);
  const base = readFvecs(basePath!, Number(rows));
  const queries = readFvecs(queryPath!, Number.POSITIVE_INFINITY);
  const task = { base, queries, M: Number(M), efConstruction: Number(efConstruction), k: Number(k) };
  const contender = await enter(task);
  const ids = new Int32Array(queries.rows * task.k);
  console.log('ready');
  for await (const line of createInterface({ input: process.stdin })) {
    const [command, operand] = line.split(' ');
    if (command === 'build') {
      console.log(await seconds(() => contender.build()));
      await contender.save(operand!);
    } else if (command === 'load') {
      await contender.load(operand!);
      console.log(0);
    } else {
      const ef = Number(operand);
      contender.prepare?.(ef);
      const spent = await seconds(() => contender.search(ef, ids));
      writeFileSync(out!, ids);
      console.log(spent);
    }
  }
}
