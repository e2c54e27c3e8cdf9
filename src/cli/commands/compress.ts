import type { Compressor } from '../../compress/compressor.ts';
import { loadCompressor } from '../../compress/load-compressor.ts';
import { digestMatrix } from '../../io/digest.ts';
import { readModel } from '../../io/safetensors-file.ts';
import { openVectors, writeVectors } from '../../io/vectors.ts';
import { createMatrix, type Matrix } from '../../tensor/matrix.ts';
import { defineCommand, type Session } from '../command.ts';
import { breathe } from '../failures.ts';
import { interpreted, requireSameCols, requireWritableVectors } from '../files.ts';
import { listing, secondsText } from '../listing.ts';

/** Vectors that are in memory at once, uncompressed. */
const BLOCK_ROWS = 2048;

export const compressCommand = defineCommand({
  name: 'compress',
  purpose: 'compresses vectors with a trained model',
  options: {
    model: { type: 'path', placeholder: 'M', required: true, text: 'what cnt train wrote' },
    in: { type: 'path', placeholder: 'X', required: true, text: 'vectors' },
    out: { type: 'path', placeholder: 'Y', required: true, text: 'file for the compressed vectors' },
  },
  about: [
    'The extensions name the formats: .fvecs, .npy or .fbin. The input is read in blocks; only the result must fit the memory.',
  ],
  examples: ['cnt compress --model model.safetensors --in base.fvecs --out base.compressed.fvecs'],
  async run({ model: modelPath, in: inPath, out: outPath }, _, session) {
    await requireWritableVectors(outPath);
    const arrays = await readModel(modelPath);
    const compressor = interpreted(modelPath, () => loadCompressor(arrays));
    const { encoded, seconds } = await compressFile(compressor, modelPath, inPath, session);
    await writeVectors(outPath, encoded, { signal: session.signal });
    const { rows, cols } = encoded;
    const digest = digestMatrix(encoded);
    const { method, dIn } = compressor;
    return {
      lines: listing([
        ['method', method],
        ['vectors', `${rows} x ${dIn} to ${rows} x ${cols}`],
        ['compression time', secondsText(seconds)],
        ['digest', digest],
      ]),
      json: {
        ...{ model: modelPath, in: inPath, out: outPath, method, rows, dIn, dOut: cols },
        ...{ compressSeconds: seconds, digest, backend: session.ranOn },
      },
    };
  },
});

/** Reads and compresses block by block; only what is compressed is kept. */
async function compressFile(
  compressor: Compressor,
  modelPath: string,
  path: string,
  session: Session,
): Promise<{ encoded: Matrix; seconds: number }> {
  const file = await openVectors(path);
  try {
    requireSameCols(path, file.cols, modelPath, compressor.dIn);
    const encoded = createMatrix(file.rows, compressor.dOut);
    const progress = session.progress('compressing, rows');
    let seconds = 0;
    for (let first = 0; first < file.rows; first += BLOCK_ROWS) {
      const rows = Math.min(BLOCK_ROWS, file.rows - first);
      const block = createMatrix(rows, file.cols, await file.read(first, rows));
      const begin = session.now();
      const part = compressor.encode(block, { backend: session.backend });
      seconds += session.now() - begin;
      encoded.data.set(part.data, first * encoded.cols);
      progress.update(first + rows, file.rows);
      await breathe(session.signal);
    }
    progress.end();
    return { encoded, seconds };
  } finally {
    await file.close();
  }
}
