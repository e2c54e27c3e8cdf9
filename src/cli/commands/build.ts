import { HNSW_PROFILES } from '../../graph/hnsw/profile.ts';
import { writeArchive } from '../../io/container/archive-file.ts';
import { digestArrays } from '../../io/digest.ts';
import { loadVectors } from '../../io/vectors.ts';
import { SCALAR_RANGES } from '../../quantize/scalar/scalar-quantizer.ts';
import { UsageError } from '../arguments/usage-error.ts';
import { defineCommand, resultRow } from '../session/command.ts';
import { throwIfInterrupted } from '../session/failures.ts';
import { limited, requireSameRows, requireWritable } from '../shared/files.ts';
import { removeGraphCheckpoint } from '../shared/graph-checkpoint.ts';
import { BUILD_DEFAULTS, buildIndex, LINK_AND_CODE_DEFAULTS, requireProfileOfKind } from '../shared/index-building.ts';
import { BUILD_OPTION_KINDS, INDEX_KINDS, ofKinds, requireOptionsOfKind } from '../shared/index-kinds.ts';
import { listing, secondsText } from '../shared/listing.ts';

const of = (name: keyof typeof BUILD_OPTION_KINDS): string => ofKinds(BUILD_OPTION_KINDS[name]);

export const buildCommand = defineCommand({
  name: 'build',
  purpose: 'builds a search index over vectors',
  options: {
    base: { type: 'path', placeholder: 'B', required: true, text: 'vectors to search among' },
    out: { type: 'path', placeholder: 'I', required: true, text: 'file for the index' },
    index: { type: 'choice', choices: INDEX_KINDS, required: true, text: 'what is built; see above' },
    'graph-base': {
      type: 'path',
      placeholder: 'C',
      text: `${of('graph-base')}build the graph on these vectors, the compressed base, and keep B for the search`,
      whenAbsent: 'B',
    },
    walk: {
      type: 'path',
      placeholder: 'W',
      text: `${of('walk')}keep one byte of each number of these vectors too, the compressed base: search --rerank walks over them; the graph is built on them unless --graph-base says otherwise`,
    },
    limit: { type: 'integer', least: 1, text: 'use the first N rows of B, C and W', whenAbsent: 'all' },
    M: {
      type: 'integer',
      least: 2,
      text: `${of('M')}links of a new point`,
      whenAbsent: `${BUILD_DEFAULTS.M}; lc ${LINK_AND_CODE_DEFAULTS.M}`,
    },
    'ef-construction': {
      type: 'integer',
      least: 1,
      text: `${of('ef-construction')}candidates for the links of a new point`,
      whenAbsent: `${BUILD_DEFAULTS.efConstruction}; lc ${LINK_AND_CODE_DEFAULTS.efConstruction}`,
    },
    R: { type: 'integer', least: 1, text: 'nsg: links of a point at most', whenAbsent: `${BUILD_DEFAULTS.R}` },
    L: {
      type: 'integer',
      least: 1,
      text: "nsg: candidates kept in the search for a point's neighbors",
      whenAbsent: `${BUILD_DEFAULTS.L}`,
    },
    C: {
      type: 'integer',
      least: 1,
      text: 'nsg: candidates that the choice of links looks at',
      whenAbsent: `${BUILD_DEFAULTS.C}`,
    },
    GK: {
      type: 'integer',
      least: 1,
      text: 'nsg: neighbors of a point in the k-NN graph that it begins with, exact for few rows, else by NN-descent',
      whenAbsent: '200',
    },
    bytes: { type: 'integer', least: 1, text: `${of('bytes')}bytes of a code`, whenAbsent: `${BUILD_DEFAULTS.bytes}` },
    nlist: { type: 'integer', least: 1, text: 'ivfpq: inverted lists', whenAbsent: `${BUILD_DEFAULTS.nlist}` },
    opq: { type: 'flag', text: 'pq: learn a rotation first' },
    range: {
      type: 'choice',
      choices: SCALAR_RANGES,
      text: `${of('range')}one range for each dimension, or one for all, compared in whole numbers`,
      whenAbsent: 'dimension',
    },
    'keep-vectors': { type: 'flag', text: `${of('keep-vectors')}keep B beside the codes, for search --rerank` },
    profile: {
      type: 'choice',
      choices: HNSW_PROFILES,
      text: `${of('profile')}the published algorithm, or exactly what a library does; hnswlib for hnsw and hnsw-sq8; batch for hnsw, inserts in batches, which --threads can share`,
      whenAbsent: BUILD_DEFAULTS.profile,
    },
    resume: { type: 'flag', text: `${of('resume')}continue from I.checkpoint, bit for bit` },
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
    requireOptionsOfKind(BUILD_OPTION_KINDS, values, kind);
    requireProfileOfKind(values.profile, kind);
    if (session.gpu && kind !== 'ivfpq' && kind !== 'pq') {
      throw new UsageError(`--backend gpu builds --index ivfpq and pq, got --index ${kind}.`);
    }
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
    const choices = {
      ...values,
      walkBase,
      efConstruction: values['ef-construction'],
      keepVectors: values['keep-vectors'],
    };
    const built = await buildIndex(kind, base, graphBase, choices, session);
    const seconds = session.now() - begin;
    await writeArchive(out, built.archive, { signal: session.signal });
    if (kind === 'hnsw') await removeGraphCheckpoint(out);
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
