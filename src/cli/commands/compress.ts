import { computingOf } from '../../../kernels/backend.ts';
import { loadCompressor } from '../../compress/load-compressor.ts';
import { readModel } from '../../io/container/safetensors-file.ts';
import { addValues, vectorsHash } from '../../io/digest.ts';
import { openVectors, type VectorFile, writeVectorBlocks } from '../../io/vectors.ts';
import { compressedBlock } from '../../pipeline/prepared-vectors.ts';
import { createMatrix, type Matrix } from '../../tensor/matrix.ts';
import { interpreted, requireSameCols, requireWritableVectors } from '../input/checks.ts';
import { contentHeld, requireMemory } from '../input/memory.ts';
import { listing, secondsText } from '../output/listing.ts';
import { defineCommand, kernelThreads, resultRow, type Session } from '../session/command.ts';
import { letSignalsArrive } from '../session/failures.ts';

/** Vectors that are in memory at once. */
const BLOCK_ROWS = 2048;

export const compressCommand = defineCommand('compress', 'compresses vectors with a trained model', {
  options: {
    model: { type: 'path', placeholder: 'M', required: true, text: 'what cnt train wrote' },
    in: { type: 'path', placeholder: 'X', required: true, text: 'vectors' },
    out: { type: 'path', placeholder: 'Y', required: true, text: 'file for the compressed vectors' },
  },
  about: [
    'The extensions name the formats: .fvecs, .npy or .fbin. Vectors pass through in blocks, so that a file of any size can be compressed.',
    'A model that was trained with --normalize brings vectors to length 1 first.',
  ],
  onGpu: true,
  examples: ['cnt compress --model model.safetensors --in base.fvecs --out base.compressed.fvecs'],
  async run({ model: modelPath, in: inPath, out: outPath }, _, session) {
    await requireWritableVectors(outPath, [modelPath, inPath]);
    requireMemory(
      session,
      [await contentHeld(modelPath, 'model')],
      'the vectors pass through in blocks; it is the model that is large',
    );
    const arrays = await readModel(modelPath);
    const compressor = interpreted(modelPath, () => loadCompressor(arrays));
    const { method, dIn, dOut, normalizes = false } = compressor;
    const file = await openVectors(inPath);
    const { rows } = file;
    const hash = vectorsHash(rows, dOut);
    let seconds = 0;
    try {
      requireSameCols(inPath, file.cols, modelPath, dIn);
      const timed = async (block: Matrix, first: number): Promise<Float32Array> => {
        const begin = session.now();
        const computing = { ...computingOf(session), gpu: session.gpu };
        const { data } = await compressedBlock(compressor, block, first, inPath, computing);
        seconds += session.now() - begin;
        addValues(hash, data);
        return data;
      };
      await writeVectorBlocks(outPath, { rows, cols: dOut }, compressedBlocks(file, timed, session), {
        signal: session.signal,
      });
    } finally {
      await file.close();
    }
    const digest = session.gpu ? undefined : hash.digest('hex'); // the next GPU may round otherwise
    return {
      lines: listing([
        ['method', method],
        ['vectors', `${rows} x ${dIn} to ${rows} x ${dOut}`],
        ['normalized', normalizes ? 'yes' : undefined],
        ['compression time', secondsText(seconds)],
        resultRow(session, digest),
      ]),
      json: {
        model: modelPath,
        in: inPath,
        out: outPath,
        method,
        normalize: normalizes,
        rows,
        dIn,
        dOut,
        compressSeconds: seconds,
        digest,
        backend: session.ranOn,
        threads: kernelThreads(session),
      },
    };
  },
});

/** Reads and compresses block by block, in order. */
async function* compressedBlocks(
  file: VectorFile,
  compress: (block: Matrix, first: number) => Promise<Float32Array>,
  session: Session,
): AsyncGenerator<Float32Array> {
  const progress = session.progress('compressing, rows');
  for (let first = 0; first < file.rows; first += BLOCK_ROWS) {
    const rows = Math.min(BLOCK_ROWS, file.rows - first);
    yield await compress(createMatrix(rows, file.cols, await file.read(first, rows)), first);
    progress.update(first + rows, file.rows);
    await letSignalsArrive(session.signal);
  }
  progress.end();
}
