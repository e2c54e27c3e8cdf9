import { computingOf } from '../../../kernels/backend.ts';
import { LinkAndCodeIndex } from '../../index/link-and-code/link-and-code.ts';
import { WEIGHT_BYTES } from '../../index/link-and-code/link-and-code-build.ts';
import { K_MEANS_PROFILES } from '../../quantize/k-means/k-means.ts';
import { requireMatrix } from '../../tensor/vectors/vectors.ts';
import { requireCodeRows } from './building/build-codes.ts';
import { graphReport } from './building/graph-report.ts';
import { defineKind } from './kind.ts';
import { graphChoices } from './searching/search-choices.ts';

export const lc = defineKind('lc', {
  buildOptions: ['M', 'ef-construction', 'profile', 'bytes', 'keep-vectors'],
  searchOptions: ['ef', 'rerank'],
  profiles: K_MEANS_PROFILES,
  async build({ base: vectors, bytes, keepVectors: _, ...options }, session) {
    const base = requireMatrix(vectors, '--index lc');
    const { cols } = base;
    if (bytes > cols) throw new RangeError(`--bytes: expected from 1 to the ${cols} columns, got ${bytes}.`);
    requireCodeRows(base);
    const progress = session.progress('building');
    const index = await LinkAndCodeIndex.build({
      base,
      m: bytes,
      ...options,
      ...computingOf(session),
      signal: session.signal,
      onProgress: (step, done, total) => progress.update(done, total, step),
    });
    progress.end();
    const { bytesPerVector, nsq, codeDim } = index.statistics();
    const report = graphReport(
      session,
      index,
      { rows: base.rows, cols: index.quantizer.dim },
      options,
      index.buildCounts!,
    );
    return {
      ...report,
      rows: [
        ...report.rows,
        ['bytes of a code', bytesPerVector.codes],
        [
          'bytes of a regression code',
          nsq === WEIGHT_BYTES ? nsq : `${nsq}, since ${WEIGHT_BYTES} do not divide ${codeDim} dimensions`,
        ],
        ['with regression code', bytesPerVector.refined],
        ['with links', bytesPerVector.withLinks],
      ],
      json: { bytes, ...report.json },
    };
  },
  chooseSearch: graphChoices,
});
