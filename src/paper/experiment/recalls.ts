import { intersectionAt, recallAt } from '../../eval/recall.ts';
import type { Ids } from '../../tensor/nearest/neighbors.ts';
import { number } from './json-form.ts';

/** What Tables 1 and 3 report of a search, in percent. */
export const GRAPH_RECALLS = { recall1at1: number, recall1at10: number, recall100at100: number };

export function graphRecalls(found: Ids, truth: Ids) {
  return {
    recall1at1: 100 * recallAt(found, truth, 1),
    recall1at10: 100 * recallAt(found, truth, 10),
    recall100at100: 100 * intersectionAt(found, truth, 100),
  };
}
