import { IvfAdcIndex } from '../../index/codes/ivf-adc.ts';
import { type LinkAndCodeBytes, LinkAndCodeIndex } from '../../index/link-and-code/link-and-code.ts';
import type { SearchResult } from '../../index/search/search-result.ts';
import type { Matrix } from '../../tensor/matrix.ts';
import type { Archive } from '../../tensor/named-arrays.ts';
import type { Experiment } from '../experiment/experiment.ts';
import { type Described, number, record } from '../experiment/json-form.ts';
import { IVFADC_SETTINGS, LINK_AND_CODE_SETTINGS } from '../printed/settings.ts';

/** What a sweep varies: the inverted lists visited, or the candidates that L&C keeps. */
export const SWEPT_SETTING = {
  nprobe: number,
  /** Percent of the true nearest neighbors that lie in the lists visited: no recall can be higher. */
  probedShare: number,
  ef: number,
};
const sweptSetting = record({}, SWEPT_SETTING);

/** Rounds of learning the rotation before L&C, and its weights. */
export interface LearningRounds {
  readonly rotationRounds: number;
  readonly regressionRounds: number;
}

/** An index of codes, and how it is searched. */
export interface CodedVectors {
  readonly archive: Archive;
  readonly seconds: number;
  readonly bytesPerVector?: LinkAndCodeBytes;
  readonly search: () => Promise<SearchResult>;
  readonly sweep: readonly (Described<typeof sweptSetting> & { readonly search: () => Promise<SearchResult> })[];
}

/** Product codes of residuals in inverted lists, searched in all of them, and in fewer. */
export async function invertedLists(
  experiment: Experiment,
  base: Matrix,
  query: Matrix,
  bytes: number,
  name: string,
): Promise<CodedVectors> {
  const { data, context } = experiment;
  const { backend, signal } = context;
  const { nlist, nprobe, k, sweep } = IVFADC_SETTINGS;
  const { built: index, seconds } = await experiment.timedBuild(`IVFADC, ${name}`, (update) =>
    IvfAdcIndex.build({
      base,
      nlist,
      m: bytes,
      // Source: "based on Faiss", hence faiss's rules of k-means.
      profile: 'faiss',
      backend,
      signal,
      onProgress: (step, done, total) => update(done, total, step),
    }),
  );
  const shares = index.probedShares(query, data.truth, 1);
  return {
    archive: index.toArchive(),
    seconds,
    search: () => index.search(query, k, { nprobe }),
    sweep: sweep.map((visited) => ({
      nprobe: visited,
      probedShare: 100 * shares[visited - 1]!,
      search: () => index.search(query, k, { nprobe: visited }),
    })),
  };
}

/**
 * Link and Code, searched with many candidates, and with fewer.
 *
 * Source: "default settings in their source code": all k results are ranked anew (`k_reorder` -1), the other candidates are not.
 */
export async function linkedCodes(
  experiment: Experiment,
  base: Matrix,
  query: Matrix,
  bytes: number,
  rounds: LearningRounds,
  name: string,
): Promise<CodedVectors> {
  const { context, seed } = experiment;
  const { backend, signal } = context;
  const { nsq, ef, k, sweep } = LINK_AND_CODE_SETTINGS;
  const { built: index, seconds } = await experiment.timedBuild(`L&C, ${name}`, (update) =>
    LinkAndCodeIndex.build({
      base,
      m: bytes,
      nsq,
      ...rounds,
      profile: 'faiss',
      seed,
      backend,
      signal,
      onProgress: (step, done, total) => update(done, total, step),
    }),
  );
  return {
    archive: index.toArchive(),
    seconds,
    bytesPerVector: index.statistics().bytesPerVector,
    search: () => index.search(query, k, { ef, reorder: k }),
    sweep: sweep.map((width) => ({ ef: width, search: () => index.search(query, k, { ef: width, reorder: k }) })),
  };
}
