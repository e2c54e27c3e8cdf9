import { referenceKernels } from '../../../kernels/backend.ts';
import { lineChart } from '../../report/line-chart.ts';
import { INRP_SETTINGS } from '../printed/settings.ts';

const LAST_RATIO = 1.5;
const POINTS = 301;

/** Figure 3 rebuilt: the points of the curve and its drawing. */
export interface Figure3 {
  /** (distance / boundary, weight) */
  readonly curve: readonly (readonly [number, number])[];
  readonly svg: string;
}

/**
 * The weight of a pair in the INRP loss against its distance, computed by the kernel that trains.
 *
 * Source: the paper, Eq. 5 and Figure 3.
 * Departs: the abscissa is the distance over the boundary, so that one curve serves every data set.
 */
export function figure3(): Figure3 {
  const kernels = referenceKernels();
  const distances = kernels.floats(POINTS);
  const weights = kernels.floats(POINTS);
  for (let i = 0; i < POINTS; i++) distances[i] = (i / (POINTS - 1)) * LAST_RATIO;
  kernels.inrpWeights(weights, distances, 1, INRP_SETTINGS.alpha, INRP_SETTINGS.beta, POINTS);
  const curve = Array.from(weights, (weight, i) => [distances[i]!, weight] as const);
  const svg = lineChart([{ name: 'w = min(2, max(0.01, -ln(d / boundary)))', points: curve }], {
    title: 'Figure 3: weight of a pair in the INRP loss',
    x: 'distance / boundary',
    y: 'weight w',
  });
  return { curve, svg };
}
