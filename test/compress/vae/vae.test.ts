import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { referenceKernels } from '../../../kernels/backend.ts';
import { ParameterSet } from '../../../src/autodiff/parameters.ts';
import { Tape } from '../../../src/autodiff/tape.ts';
import { isFeatureParameter, vaeFeatures, vaeLoss } from '../../../src/compress/vae/vae.ts';
import { Random } from '../../../src/tensor/random/random.ts';
import { GRADIENT_BOUND, gradientError } from '../../support/gradient-check.ts';

const CONFIG = { dIn: 6, dOut: 3, hidden: 8 };
const ROWS = 7;

function trainingVae(weight: number) {
  const kernels = referenceKernels({ precision: 'float64' });
  const tape = new Tape(kernels, { training: true });
  const parameters = new ParameterSet(kernels, { gradients: true });
  const [x, noise] = [tape.input([ROWS, CONFIG.dIn]), tape.input([ROWS, CONFIG.dOut])];
  const random = new Random(1, 'inputs');
  for (const { value } of [x, noise]) for (let i = 0; i < value.length; i++) value[i] = random.normal();
  const loss = vaeLoss(tape, parameters, x, noise, { config: CONFIG, klWeight: weight });
  parameters.initialize(1);
  return { kernels, tape, parameters, x, ...loss };
}

test(`the whole VAE has a correct gradient, with and without divergence (< ${GRADIENT_BOUND})`, () => {
  for (const weight of [0, 0.01, 1]) {
    const { tape, parameters, loss } = trainingVae(weight);
    const error = gradientError(tape, parameters, loss); // at most 4e-9
    assert.ok(error < GRADIENT_BOUND, `weight ${weight}: ${error}`);
  }
});

test('the loss is the squared error and the weighted divergence, which is above 0', () => {
  const { tape, loss, error, divergence } = trainingVae(0.25);
  tape.forward();
  assert.ok(divergence.value[0]! > 0);
  assert.ok(Math.abs(loss.value[0]! - error.value[0]! - 0.25 * divergence.value[0]!) < 1e-14);
});

test('parameters of the features are exactly those that inference asks for', () => {
  const { kernels, parameters } = trainingVae(1);
  const inference = new ParameterSet(kernels, { gradients: false });
  const tape = new Tape(kernels, { training: false });
  vaeFeatures(tape, inference, tape.input([2, CONFIG.dIn]), CONFIG);
  const names = parameters.all().map(({ name }) => name);
  assert.equal(
    names.filter(isFeatureParameter),
    inference.all().map(({ name }) => name),
  );
  assert.ok(names.includes('log_var.weight') && names.includes('decoder.fc.weight') && names.includes('output.bias'));
});

test('without divergence and on data of rank 2, a code of 3 numbers comes to explain all but 2 % of x', () => {
  const { tape, parameters, x, loss } = trainingVae(0);
  for (let r = 0; r < ROWS; r++) {
    for (let c = 0; c < CONFIG.dIn; c++) x.value[r * CONFIG.dIn + c] = (r - 3) * (c % 3) + ((r % 2) - 0.5) * (c % 2);
  }
  tape.forward();
  const before = loss.value[0]!;
  for (let step = 0; step < 2000; step++) {
    tape.forward();
    parameters.clearGradients();
    tape.backward(loss);
    for (const { value, gradient } of parameters.trainable()) {
      for (let i = 0; i < value.length; i++) value[i]! -= 0.002 * gradient[i]!;
    }
  }
  assert.ok(loss.value[0]! < 0.02 * before, `${loss.value[0]} of ${before}`);
});

test.run();
