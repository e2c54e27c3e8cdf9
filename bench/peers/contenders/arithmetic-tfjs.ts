/** TensorFlow.js on its WebAssembly backend, one thread. Its layers have no CNT; a step reads the loss, which waits for the work. */
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs';
import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { runArithmetic } from './arithmetic.ts';

setWasmPaths(fileURLToPath(new URL('../node_modules/@tensorflow/tfjs-backend-wasm/dist', import.meta.url)));
setThreadsCount(1);
await tf.setBackend('wasm');
await tf.ready();

await runArithmetic({
  product(kind, m, n, k) {
    const a = kind === 'TN' ? tf.randomNormal([k, m]) : tf.randomNormal([m, k]);
    const b = kind === 'NT' ? tf.randomNormal([n, k]) : tf.randomNormal([k, n]);
    return () => {
      tf.matMul(a, b, kind === 'TN', kind === 'NT').dispose();
    };
  },
  layers() {
    const x = tf.randomNormal([1024, 256]);
    const target = tf.randomNormal([1024, 64]);
    const weights = [
      ...[tf.variable(tf.randomNormal([256, 512], 0, 0.05)), tf.variable(tf.zeros([512]))],
      ...[tf.variable(tf.randomNormal([512, 64], 0, 0.05)), tf.variable(tf.zeros([64]))],
    ] as const;
    const optimizer = tf.train.adam(1e-4);
    const [w1, b1, w2, b2] = weights as unknown as tf.Tensor2D[];
    const loss = () => {
      const y = tf.add(tf.matMul(tf.relu(tf.add(tf.matMul(x, w1!), b1!)), w2!), b2!);
      return tf.mean(tf.sum(tf.squaredDifference(y, target), 1)).asScalar();
    };
    return () => {
      const value = optimizer.minimize(loss, true)!;
      value.dataSync();
      value.dispose();
    };
  },
  cnt: () => undefined,
});
