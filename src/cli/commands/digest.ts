import { digestFile } from '../../io/digest.ts';
import { contentHeld, requireMemory } from '../input/memory.ts';
import { defineCommand } from '../session/command.ts';
import { letSignalsArrive } from '../session/failures.ts';

export const digestCommand = defineCommand('digest', 'prints the SHA-256 of what files hold', {
  operands: { placeholder: 'FILE', many: true },
  options: {},
  about: [
    'The digest is that of the content: vectors have the same digest as .fvecs and as .npy. Equal inputs, seeds and parameters give ' +
      'equal digests of models, indexes and results, on every machine and backend.',
  ],
  examples: ['cnt digest model.safetensors index.hnsw result.ivecs'],
  async run(_values, paths, session) {
    const files: { path: string; digest: string }[] = [];
    for (const path of paths) {
      requireMemory(session, [await contentHeld(path, 'model')], 'of vectors and indexes no more than blocks are held');
      files.push({ path, digest: await digestFile(path, { signal: session.signal }) });
      await letSignalsArrive(session.signal);
    }
    return { lines: files.map(({ path, digest }) => `${digest}  ${path}`), json: { files } };
  },
});
