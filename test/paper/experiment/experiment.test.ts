import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { trainPca } from '../../../src/compress/projection/pca.ts';
import { createMatrix } from '../../../src/tensor/matrix.ts';
import { Random } from '../../../src/tensor/random/random.ts';
import { assertSame } from '../../support/same.ts';
import { context, experimentOn } from './experiment-on.ts';

test('vectors compressed in parts, with a check of the signal between them, are those compressed at once', async () => {
  const random = new Random(1, 'base');
  const data = Float32Array.from({ length: 9000 * 8 }, () => random.normal());
  const base = createMatrix(9000, 8, data); // two parts
  const controller = new AbortController();
  const experiment = experimentOn({ base }, { ...context, signal: controller.signal }, 8);
  const compressed = await experiment.compressed('pca', 2);
  const pca = trainPca(base, { dOut: 4 });
  assertSame(compressed.base, pca.encode(base));
  assertSame(compressed.query, pca.encode(experiment.data.query));
  assert.is(await experiment.compressed('pca', 2), compressed, 'trained once');

  controller.abort(new Error('enough'));
  const error = await experiment.compressed('srp', 2).catch((reason) => reason);
  assert.is(error.message, 'enough');
});

test.run();
