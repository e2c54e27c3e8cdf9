import { METHODS } from '../../compress/methods.ts';
import type { TrainingCurve } from '../../report/paper-charts.ts';
import type { Experiment } from '../experiment/experiment.ts';
import { rowName } from '../methods/method.ts';
import { trainingHistory } from '../methods/train-method.ts';
import { COMPRESSION_FACTOR, EF_SWEEP } from '../printed/settings.ts';
import type { Table1Result } from '../tables/table-1.ts';
import { codeName, type Table2Result } from '../tables/table-2.ts';
import type { SearchFamily } from './report-page.ts';

/** The sweeps of ef over the graphs of Table 1. */
export function graphSearches(kind: 'HNSW' | 'NSG', rows: readonly Table1Result[]): SearchFamily {
  const { efs, k } = EF_SWEEP;
  return {
    what: kind,
    measure: `${k}@${k}`,
    unit: 'distances a query',
    caption: `Graphs built on the vectors named, all searched over the full ones; ef from ${efs[0]} to ${efs.at(-1)}, or until all is found.`,
    curves: rows.map(({ method, factor, sweep }) => ({
      name: rowName(method, factor),
      points: untilAllFound(sweep).map(({ queriesPerSecond, distancesPerQuery, recall10at10 }) => {
        return { queriesPerSecond, cost: distancesPerQuery, recall: recall10at10 };
      }),
    })),
  };
}

/** More candidates than find everything only cost more. */
function untilAllFound(sweep: Table1Result['sweep']): Table1Result['sweep'] {
  const first = sweep.findIndex(({ recall10at10 }) => recall10at10 === 100);
  return first < 0 ? sweep : sweep.slice(0, first + 1);
}

/** The sweeps of Table 2, codes of one size beside each other: nprobe of PQ, ef of L&C. */
export function codeSearches(rows: readonly Table2Result[]): SearchFamily[] {
  const sizes = [...new Set(rows.map(({ bytes }) => bytes))];
  return sizes.map((size) => ({
    what: `Codes of ${size} bytes`,
    measure: '1@1',
    unit: 'codes a query',
    caption: 'PQ visits 1 to 8 of the 8 lists; L&C keeps 128 to 1024 candidates.',
    curves: rows
      .filter(({ bytes }) => bytes === size)
      .map(({ method, codec, bytes, sweep }) => ({
        name: codeName(method, bytes, codec).split(',')[0]!,
        points: sweep.map(({ queriesPerSecond, codesPerQuery, recall1at1 }) => {
          return { queriesPerSecond, cost: codesPerQuery, recall: recall1at1 };
        }),
      })),
  }));
}

/** What the trainings of this run, or those that it found finished, recorded. */
export async function readTrainings(experiment: Experiment): Promise<TrainingCurve[]> {
  const curves: TrainingCurve[] = [];
  for (const method of ['cnt', 'linear', 'vae', 'catalyst'] as const) {
    const compressor = await experiment.finishedCompressor(method, COMPRESSION_FACTOR);
    if (compressor) curves.push({ name: METHODS[method].label, history: trainingHistory(compressor) });
  }
  return curves;
}
