import { Experiment } from '../../../src/paper/experiment/experiment.ts';
import type { ExperimentData } from '../../../src/paper/experiment/experiment-data.ts';
import { StepStore } from '../../../src/paper/experiment/step-store.ts';
import type { RunContext } from '../../../src/paper/run-context.ts';
import { nearest } from '../../../src/tensor/nearest/nearest.ts';
import { normalMatrix } from '../../support/normals.ts';

export const context: RunContext = {
  signal: new AbortController().signal,
  backend: 'auto',
  ranOn: 'simd',
  note: () => {},
  progress: () => ({ update() {}, end() {} }),
  now: (
    (seconds) => () =>
      ++seconds
  )(0),
};

/** Keeps nothing and finds nothing. */
class NoStore extends StepStore {
  constructor() {
    super('nowhere', false, context);
  }
  override result<T>(_: object, __: unknown, run: () => Promise<T>): Promise<T> {
    return run();
  }
  override model(_: object, train: Parameters<StepStore['model']>[1]): ReturnType<StepStore['model']> {
    return train({ last: undefined, store: async () => {} });
  }
}

/** 600 normal rows and 40 queries; what is not given. */
export function experimentOn(data: Partial<ExperimentData>, runContext = context, cols = 16): Experiment {
  const base = normalMatrix(600, cols, 'base');
  const query = normalMatrix(40, cols, 'query');
  const truth = nearest(base, query, 100).ids;
  const described = { name: 'n', digest: 'd', comparedWith: 'Deep1M', caption: 'fewer rows' } as const;
  return new Experiment({ base, query, truth, ...described, ...data }, runContext, new NoStore(), {
    seed: 1,
    samples: 1024,
  });
}
