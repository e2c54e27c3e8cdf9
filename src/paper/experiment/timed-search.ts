import type { SearchResult } from '../../index/search/search-result.ts';
import type { Experiment } from './experiment.ts';
import { type Described, type Form, number, tuple } from './json-form.ts';

/** Queries a second: mean, least and most over the repetitions of a search. */
export const repeatedSpeed: Form<readonly [mean: number, least: number, most: number]> = tuple(number, number, number);

/** What a search found, and how fast. */
export interface TimedSearch {
  readonly found: SearchResult;
  readonly queriesPerSecond: Described<typeof repeatedSpeed>;
}

/** Searches once so that the engine has compiled the loops, then `repetitions` times by the clock. @throws the signal's reason */
export async function timedSearch(
  experiment: Experiment,
  search: () => Promise<SearchResult>,
  repetitions: number,
): Promise<TimedSearch> {
  const { now } = experiment.context;
  const speeds: number[] = [];
  let found = await search();
  for (let i = 0; i < repetitions; i++) {
    await experiment.throwIfInterrupted();
    const begin = now();
    found = await search();
    speeds.push(found.ids.rows / (now() - begin));
  }
  const mean = speeds.reduce((a, b) => a + b) / speeds.length;
  return { found, queriesPerSecond: [mean, Math.min(...speeds), Math.max(...speeds)] };
}

/** Searches shorter than this are repeated until they take as long together: a clock says little of milliseconds. */
const LEAST_SECONDS = 0.1;
const MOST_REPETITIONS = 50;

/** Queries a second of a search that is one point of a sweep. */
export async function sweptSearch(
  experiment: Experiment,
  search: () => Promise<SearchResult>,
): Promise<{ readonly found: SearchResult; readonly queriesPerSecond: number }> {
  const { now } = experiment.context;
  const found = await search();
  let [seconds, repetitions] = [0, 0];
  while (repetitions === 0 || (seconds < LEAST_SECONDS && repetitions < MOST_REPETITIONS)) {
    await experiment.throwIfInterrupted();
    const begin = now();
    await search();
    seconds += now() - begin;
    repetitions++;
  }
  return { found, queriesPerSecond: (repetitions * found.ids.rows) / seconds };
}
