import { join } from 'node:path';
import { manifoldRows } from '../../data/manifold.ts';
import { digestIds, digestMatrix } from '../../io/digest.ts';
import { writeAtomically } from '../../io/file/atomic-file.ts';
import { createFolder } from '../../io/file/folder.ts';
import { writeIds } from '../../io/ids.ts';
import { writeVectors } from '../../io/vectors.ts';
import { createMatrix, type Matrix } from '../../tensor/matrix.ts';
import { requireWritable } from '../input/checks.ts';
import { exactNeighbors } from '../long-work/exact-neighbors.ts';
import { defineCommand, type Session } from '../session/command.ts';
import { letSignalsArrive } from '../session/failures.ts';
import { packageVersion } from '../session/version.ts';

const FILES = ['base.fvecs', 'query.fvecs', 'groundtruth.ivecs', 'dataset.json'] as const;
/** True neighbors kept for each query, or all rows where there are fewer. */
const TRUE_NEIGHBORS = 100;
/** Rows drawn between two looks at the signal. */
const ROWS_AT_ONCE = 250;

export const generateCommand = defineCommand(
  'generate',
  'makes a data set: base vectors, queries and their true neighbors',
  {
    options: {
      out: { type: 'path', placeholder: 'DIR', required: true, text: 'folder for the files, created if missing' },
      n: { type: 'integer', least: 1, default: 20_000, text: 'base vectors' },
      queries: { type: 'integer', least: 1, default: 500, text: 'query vectors' },
      dim: { type: 'integer', least: 1, default: 64, text: 'numbers in a vector' },
      kind: { type: 'choice', choices: ['manifold'], default: 'manifold', text: 'how the vectors are drawn' },
    },
    about: [
      'The vectors lie on a curved manifold of 16 dimensions with 64 clusters and noise, about as hard to compress as image ' +
        'features. Written are base.fvecs, query.fvecs, groundtruth.ivecs (the exact 100 nearest rows of each query, or all rows ' +
        'where there are fewer) and dataset.json (parameters and digests).',
    ],
    examples: ['cnt generate --n 20000 --queries 500 --dim 64 --out data/generated'],
    async run({ out, n, queries, dim, kind, seed }, _, session) {
      await createFolder(out);
      for (const name of FILES) await requireWritable(join(out, name), []);
      const rows = manifoldRows(dim, seed);
      const base = await drawn(rows.base, n, dim, session);
      const query = await drawn(rows.query, queries, dim, session);
      const k = Math.min(TRUE_NEIGHBORS, n);
      const { ids: truth } = await exactNeighbors(base, query, k, session);

      const { signal } = session;
      await writeVectors(join(out, 'base.fvecs'), base, { signal });
      await writeVectors(join(out, 'query.fvecs'), query, { signal });
      await writeIds(join(out, 'groundtruth.ivecs'), truth, { signal });
      const files = {
        'base.fvecs': { rows: n, cols: dim, digest: digestMatrix(base) },
        'query.fvecs': { rows: queries, cols: dim, digest: digestMatrix(query) },
        'groundtruth.ivecs': { rows: queries, cols: k, digest: digestIds(truth) },
      };
      const description = { kind, n, queries, dim, k, seed, files, generator: `cnt-ann ${packageVersion()}` };
      const text = new TextEncoder().encode(`${JSON.stringify(description, null, 2)}\n`);
      await writeAtomically(join(out, 'dataset.json'), (write) => write(text), { signal });

      const lines = Object.entries(files).map(
        ([name, file]) => `${file.digest}  ${join(out, name)}  ${file.rows} x ${file.cols}`,
      );
      return { lines, json: { out, ...description, backend: session.ranOn } };
    },
  },
);

async function drawn(
  draw: (first: number, rows: number) => Matrix,
  rows: number,
  dim: number,
  session: Session,
): Promise<Matrix> {
  const all = createMatrix(rows, dim);
  const progress = session.progress('drawing, rows');
  for (let first = 0; first < rows; first += ROWS_AT_ONCE) {
    const part = draw(first, Math.min(ROWS_AT_ONCE, rows - first));
    all.data.set(part.data, first * dim);
    progress.update(first + part.rows, rows);
    await letSignalsArrive(session.signal);
  }
  progress.end();
  return all;
}
