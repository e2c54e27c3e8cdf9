import { writeArchive } from '../../io/container/archive-file.ts';
import { digestArrays } from '../../io/digest.ts';
import { loadVectors } from '../../io/vectors.ts';
import { limited, requireSameRows, requireWritable } from '../input/checks.ts';
import { buildIndex, KIND_NAMES, optionsOfKinds, requireBuildable, requireOptionsOfKind } from '../kinds/all.ts';
import { BUILD_OPTIONS } from '../kinds/options.ts';
import { listing, secondsText } from '../output/listing.ts';
import { defineCommand, resultRow } from '../session/command.ts';
import { throwIfInterrupted } from '../session/failures.ts';

export const buildCommand = defineCommand('build', 'builds a search index over vectors', {
  options: {
    base: { type: 'path', placeholder: 'B', required: true, text: 'vectors to search among' },
    out: { type: 'path', placeholder: 'I', required: true, text: 'file for the index' },
    index: { type: 'choice', choices: KIND_NAMES, required: true, text: 'what is built; see above' },
    limit: { type: 'integer', least: 1, text: 'use the first N rows of B, C and W', whenAbsent: 'all' },
    ...optionsOfKinds('build', BUILD_OPTIONS),
  },
  about: [
    'flat compares with every vector. hnsw and nsg are graphs. pq codes vectors in parts; ivfpq the same in inverted lists ' +
      '(IVFADC); sq8 in a byte a dimension; hnsw-sq8 is a graph built on such codes, searched over them or, with ' +
      '--graph-base, over B; lc is Link and Code.',
    'While an hnsw graph is built for more than two minutes, I.checkpoint is kept beside the index. Ctrl-C writes it and stops; ' +
      'the same command with --resume continues, and ends with the index that an uninterrupted building gives.',
    'Prints what a graph looks like: degrees, levels, and the share of its points that can be reached from its entry point.',
  ],
  onGpu: true,
  examples: [
    'cnt build --base base.fvecs --graph-base base.compressed.fvecs --index hnsw --out index.hnsw',
    'cnt build --base base.fvecs --walk base.compressed.fvecs --index hnsw --out index.hnsw',
    'cnt build --base base.compressed.fvecs --index ivfpq --nlist 8 --bytes 16 --out index.ivfpq',
    'cnt build --base base.fvecs --index flat --out index.flat',
  ],
  async run(values, _, session) {
    const { base: basePath, 'graph-base': graphPath, walk: walkPath, out, index: kind, limit } = values;
    requireOptionsOfKind('build', BUILD_OPTIONS, values, kind, `--index ${kind}`);
    requireBuildable(kind, values.profile, session.gpu !== undefined);
    await requireWritable(out, [basePath, graphPath ?? basePath, walkPath ?? basePath]);
    const { backend, signal, threads } = session;
    const load = (path: string) => loadVectors(path, { ...limited(limit), backend, attachable: threads - 1, signal });
    const base = await load(basePath);
    const beside = async (path: string | undefined) => {
      if (path === undefined) return undefined;
      const vectors = await load(path);
      requireSameRows(path, vectors.rows, basePath, base.rows);
      return vectors;
    };
    const walkBase = await beside(walkPath);
    const graphBase = graphPath !== undefined && graphPath === walkPath ? walkBase : await beside(graphPath);
    throwIfInterrupted(session.signal);
    const begin = session.now();
    const given = { ...values, base, 'graph-base': graphBase, walk: walkBase };
    const built = await buildIndex(kind, given, session, out);
    const seconds = session.now() - begin;
    await writeArchive(out, built.archive, { signal: session.signal });
    await built.afterWriting?.();
    const digest = session.gpu ? undefined : digestArrays(built.archive);
    return {
      lines: listing([
        ['index', kind],
        ['vectors', `${base.rows} x ${base.cols}`],
        ['build time', secondsText(seconds)],
        ...built.rows,
        resultRow(session, digest),
      ]),
      json: {
        base: basePath,
        graphBase: graphPath,
        walk: walkPath,
        out,
        index: kind,
        rows: base.rows,
        cols: base.cols,
        ...built.json,
        buildSeconds: seconds,
        digest,
        backend: session.ranOn,
        threads: session.threads,
      },
    };
  },
});
