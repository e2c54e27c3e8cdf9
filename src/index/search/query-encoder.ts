import { type Computing, computingOf } from '../../../kernels/backend.ts';
import { createMatrix, type Matrix, viewRows } from '../../tensor/matrix.ts';
import { yieldToEventLoop } from '../../workers/event-loop.ts';
import { requireQueries, requireWidth } from './search-options.ts';

/** What compresses queries as the vectors or codes that they are compared with were: a trained compressor is one. */
export interface QueryEncoder {
  readonly dIn: number;
  readonly dOut: number;
  /** (queries, dIn) to (queries, dOut). */
  encode(queries: Matrix, options?: Computing): Matrix;
}

export interface QueryEncoding extends Computing {
  readonly signal?: AbortSignal | undefined;
}

/** Queries between two looks at the signal: the widest network takes a second for them. */
const CHUNK = 1024;

/**
 * All queries, compressed: many at a time, and between them the event loop takes its turn.
 *
 * @param where begins messages
 * @param queries (queries, dIn), checked by the caller
 * @returns (queries, dOut)
 * @throws {RangeError} if the encoder gives another number of rows or columns, or a value that is not finite
 * @throws the signal's reason, when it aborts
 */
export async function encodeQueries(
  where: string,
  encoder: QueryEncoder,
  queries: Matrix,
  { signal, ...computing }: QueryEncoding,
): Promise<Matrix> {
  const all = createMatrix(queries.rows, encoder.dOut);
  for (let first = 0; first < queries.rows; first += CHUNK) {
    signal?.throwIfAborted();
    const asked = viewRows(queries, first, Math.min(CHUNK, queries.rows - first));
    const made = encoder.encode(asked, computingOf(computing));
    if (made.rows !== asked.rows) {
      throw new RangeError(`${where}: expected ${asked.rows} compressed queries, got ${made.rows}.`);
    }
    requireWidth(made, encoder.dOut, where);
    all.data.set(made.data.subarray(0, made.rows * made.cols), first * encoder.dOut);
    if (first + CHUNK < queries.rows) await yieldToEventLoop();
  }
  requireQueries(all, 1, encoder.dOut, where);
  return all;
}
