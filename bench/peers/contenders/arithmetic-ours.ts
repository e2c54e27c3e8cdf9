/** This project, one thread. */
import { createKernels } from '../../../kernels/backend.ts';
import type { Kernels } from '../../../kernels/kernels.ts';
import { relu } from '../../../src/autodiff/activation.ts';
import { ParameterSet } from '../../../src/autodiff/parameters.ts';
import { squaredError } from '../../../src/autodiff/squared-error.ts';
import { Tape } from '../../../src/autodiff/tape.ts';
import { cntSettings } from '../../../src/compress/cnt/training/cnt-settings.ts';
import { CntTraining } from '../../../src/compress/cnt/training/cnt-training.ts';
import { AdamW } from '../../../src/nn/adamw.ts';
import { linearLayer } from '../../../src/nn/layers.ts';
import { bytesNeeded } from '../../../src/tensor/bytes-needed.ts';
import { createMatrix } from '../../../src/tensor/matrix.ts';
import { Random } from '../../../src/tensor/random/random.ts';
import { runArithmetic } from './arithmetic.ts';

const BATCH = 1024;
const random = new Random(1, 'arithmetic');
const normals = (length: number) => Float32Array.from({ length }, () => random.normal());

/** All of a training step of two layers. */
function twoLayers(kernels: Kernels) {
  const parameters = new ParameterSet(kernels, { gradients: true });
  const tape = new Tape(kernels, { training: true });
  const x = tape.input([BATCH, 256]);
  const target = tape.input([BATCH, 64]);
  const hidden = relu(tape, linearLayer(tape, parameters, 'first', x, 512, { bias: true }));
  const loss = squaredError(tape, linearLayer(tape, parameters, 'second', hidden, 64, { bias: true }), target);
  const rates = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 };
  const optimizer = new AdamW(kernels, parameters.trainable(), rates);
  return { parameters, tape, x, target, loss, optimizer };
}

await runArithmetic({
  product(kind, m, n, k) {
    const kernels = createKernels({ bytes: 4 * (m * n + m * k + k * n) + 1024 });
    const [c, a, b] = [kernels.floats(m * n), kernels.floats(m * k), kernels.floats(k * n)];
    a.set(normals(m * k));
    b.set(normals(k * n));
    return () => kernels[`matmul${kind}`](c, a, b, m, n, k, false);
  },
  layers() {
    const { parameters, tape, x, target, loss, optimizer } = twoLayers(
      createKernels({ bytes: bytesNeeded(twoLayers) }),
    );
    parameters.initialize(1);
    x.value.set(normals(BATCH * 256));
    target.value.set(normals(BATCH * 64));
    return () => {
      tape.forward();
      parameters.clearGradients();
      tape.backward(loss);
      optimizer.step(1e-4);
    };
  },
  cnt(projections) {
    const base = createMatrix(2 * BATCH, 256, normals(2 * BATCH * 256));
    const settings = cntSettings(base, { batch: BATCH, projections, samples: 1, start: 'random' });
    const model = CntTraining.create(settings, 2, {});
    model.parameters.initialize(1);
    const ids = Int32Array.from({ length: BATCH }, (_, i) => i);
    return () => model.step(base, ids, 0, 1e-4);
  },
});
