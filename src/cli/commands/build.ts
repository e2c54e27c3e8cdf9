import { writeArchive } from '../../io/container/archive-file.ts';
import { digestArrays } from '../../io/digest.ts';
import { loadVectors } from '../../io/vectors.ts';
import { limited, requireSameRows, requireWritable } from '../input/checks.ts';
import { allVectorsHeld, contentHeld, requireMemory } from '../input/memory.ts';
import {
  buildIndex,
  KIND_NAMES,
  keepsCheckpoint,
  optionsOfKinds,
  requireBuildable,
  requireOptionsOfKind,
} from '../kinds/all.ts';
import { probeBuilt } from '../kinds/building/probe-built.ts';
import { readStages, requireFittingStages, STAGE_OPTIONS } from '../kinds/building/stages.ts';
import { BUILD_OPTIONS } from '../kinds/options.ts';
import { requireCheckpointPlace } from '../long-work/checkpoint-file.ts';
import { listing, secondsText } from '../output/listing.ts';
import { defineCommand, resultRow } from '../session/command.ts';
import { throwIfInterrupted } from '../session/failures.ts';

export const buildCommand = defineCommand('build', 'builds a search index over vectors', {
  options: {
    base: { type: 'path', placeholder: 'B', required: true, text: 'vectors to search among' },
    out: { type: 'path', placeholder: 'I', required: true, text: 'file for the index' },
    index: { type: 'choice', choices: KIND_NAMES, text: 'what is built; see above', whenAbsent: 'what --codes says' },
    ...STAGE_OPTIONS,
    limit: { type: 'integer', least: 1, text: 'use the first N rows of B and C, and ids', whenAbsent: 'all' },
    probe: {
      type: 'integer',
      least: 1,
      text: 'search for N rows of the index itself, and tell how many are not found',
      whenAbsent: 'none',
    },
    ...optionsOfKinds('build', BUILD_OPTIONS),
  },
  about: [
    'flat compares with every vector. hnsw and nsg are graphs. pq codes vectors in parts; ivfpq the same in inverted lists ' +
      '(IVFADC); sq8 in a byte a dimension; hnsw-sq8 is a graph built on such codes, searched over them or, with ' +
      '--graph-base, over B; lc is Link and Code.',
    'With --model B is compressed and the index built over what comes of it. The index holds the model: cnt search takes queries ' +
      'as they are, and ranks anew by B with --rerank where --keep-vectors kept it.',
    'While an hnsw graph is built for more than two minutes, I.checkpoint is kept beside the index. Ctrl-C writes it and stops; ' +
      'the same command with --resume continues, and ends with the index that an uninterrupted building gives.',
    'Prints what a graph looks like: degrees, levels, and the share of its points that can be reached from its entry point.',
  ],
  onGpu: true,
  examples: [
    'cnt build --base base.fvecs --graph-base base.compressed.fvecs --index hnsw --out index.hnsw',
    'cnt build --base base.fvecs --model model.safetensors --codes pq --bytes 16 --keep-vectors --out index.pq',
    'cnt build --base base.fvecs --model model.safetensors --index hnsw --codes sq8 --out index.hnsw',
    'cnt build --base base.fvecs --normalize --ids names.txt --index nsg --out index.nsg',
    'cnt build --base base.fvecs --index flat --out index.flat',
  ],
  async run(values, _, session) {
    const { base: basePath, 'graph-base': graphPath, walk: walkPath, out, limit } = values;
    const { codes, model, 'codes-of': codesPath, ids } = values;
    const asked = requireFittingStages(values);
    const { kind } = asked;
    const ofKind = { ...values, 'keep-vectors': values['keep-vectors'] && model === undefined };
    requireOptionsOfKind('build', BUILD_OPTIONS, ofKind, kind, `--${values.index ? 'index' : 'codes'} ${kind}`);
    requireBuildable(kind, values.profile, session.gpu !== undefined);
    const others = [graphPath, walkPath, model, codesPath, ids].filter((path) => path !== undefined);
    const inputs = [basePath, ...others];
    await requireWritable(out, inputs);
    if (keepsCheckpoint(kind)) await requireCheckpointPlace(out, inputs);
    const isStreamed = model !== undefined && !values['keep-vectors'] && !asked.walks;
    const held = await allVectorsHeld([isStreamed ? undefined : basePath, graphPath, walkPath, codesPath], limit);
    const remedy = '--limit N takes fewer rows, and with --model M, without --keep-vectors, only short ones are held';
    requireMemory(session, [...held, ...(model === undefined ? [] : [await contentHeld(model, 'model')])], remedy);
    const { backend, signal, threads } = session;
    const staged = await readStages(values, asked, session);
    const { rows, cols, base, walk } = staged;
    const beside = async (path: string) => {
      const vectors = await loadVectors(path, { ...limited(limit), backend, attachable: threads - 1, signal });
      requireSameRows(path, vectors.rows, basePath, rows);
      return vectors;
    };
    const isWalked = graphPath === (codesPath ?? walkPath);
    const graphBase = graphPath === undefined ? undefined : isWalked ? walk : await beside(graphPath);
    throwIfInterrupted(session.signal);
    const begin = session.now();
    const given = { ...values, base, 'graph-base': graphBase, walk, 'keep-vectors': staged.keepsBase };
    const built = await buildIndex(kind, given, session, out);
    const seconds = session.now() - begin;
    const probed = values.probe === undefined ? undefined : await probeBuilt(built.index, base, values.probe, session);
    const archive = staged.around(built.archive);
    await writeArchive(out, archive, { signal: session.signal });
    await built.afterWriting?.();
    const digest = session.gpu ? undefined : digestArrays(archive);
    return {
      lines: listing([
        ['index', kind],
        ['vectors', `${rows} x ${cols}`],
        ...staged.lines,
        ['build time', secondsText(seconds)],
        ...built.rows,
        ...(probed?.rows ?? []),
        resultRow(session, digest),
      ]),
      json: {
        base: basePath,
        graphBase: graphPath,
        walk: walkPath,
        out,
        index: kind,
        rows,
        cols,
        codes,
        ...staged.json,
        ...built.json,
        probe: probed?.json,
        buildSeconds: seconds,
        digest,
        backend: session.ranOn,
        threads: session.threads,
      },
    };
  },
});
