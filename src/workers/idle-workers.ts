import { besideModule, startWorker } from '../../kernels/threads/start-worker.ts';

/** A thread that joins one crew after the other. */
export interface HiredWorker {
  post(message: unknown): void;
  end(): void;
  /** What is told of failures while the worker is in a crew. */
  onError: ((error: Error) => void) | undefined;
  /** Whether the thread has ended. */
  dead: boolean;
}

const ENTRY = {
  url: () => besideModule('../worker', import.meta.url),
  inBrowser: () => {
    const { Worker } = globalThis as unknown as { Worker: new (url: URL, options: { type: 'module' }) => unknown };
    return new Worker(new URL('../worker.js', import.meta.url), { type: 'module' });
  },
};

const idle: HiredWorker[] = [];

/** Workers in no crew, started where there are too few. */
export function hireWorkers(count: number): HiredWorker[] {
  return Array.from({ length: count }, () => idle.pop() ?? start());
}

/** Makes workers free for the next crew. */
export function releaseWorkers(workers: readonly HiredWorker[]): void {
  for (const worker of workers) {
    worker.onError = undefined;
    if (!worker.dead) idle.push(worker);
  }
}

/** Ends the workers in no crew: what they know of earlier tasks goes with them. The next crew starts others. */
export function endIdleWorkers(): void {
  for (const worker of idle.splice(0)) worker.end();
}

function start(): HiredWorker {
  const thread = startWorker(ENTRY, {
    onMessage: (error) => hired.onError?.(error as Error),
    onEnd(reason) {
      hired.dead = true;
      const place = idle.indexOf(hired);
      if (place >= 0) idle.splice(place, 1);
      hired.onError?.(new Error(`A worker thread: expected to run until the end, got ${reason}.`));
    },
  });
  const hired: HiredWorker = { post: thread.post, end: thread.end, onError: undefined, dead: false };
  return hired;
}
