/** Starting other threads, and talking to them by messages, in Node and in browsers alike. */

/** A thread that runs a module of ours. It does not keep the process alive. */
export interface WorkerThread {
  /** Views on shared memory and shared memories themselves arrive as the same memory. */
  post(message: unknown): void;
  terminate(): void;
}

export interface WorkerEntry {
  /** The module as it stands beside the one that starts it, with the same extension: `.ts` as source, `.js` when built. */
  readonly url: URL;
  /** `() => new Worker(new URL('./entry.js', import.meta.url), { type: 'module' })`, written out so that bundlers see it. */
  readonly inBrowser: () => unknown;
}

export interface WorkerListeners {
  readonly onMessage?: (message: unknown) => void;
  /** The thread ended by an error, which it could not report itself. */
  readonly onError?: (reason: string) => void;
}

type NodeThreads = typeof import('node:worker_threads');

interface BrowserWorker {
  postMessage(message: unknown): void;
  terminate(): void;
  onmessage?: (event: { readonly data: unknown }) => void;
  onerror?: (event: { readonly message?: string }) => void;
}

interface ThreadGlobals {
  readonly Worker?: unknown;
  readonly process?: typeof process;
  onmessage?: (event: { readonly data: unknown }) => void;
  postMessage?: (message: unknown) => void;
}

const here = globalThis as unknown as ThreadGlobals;

function nodeThreads(): NodeThreads | undefined {
  return here.process?.getBuiltinModule?.('node:worker_threads');
}

/** Whether this engine can start threads that share memory with this one (in a browser: where the page is cross-origin isolated). */
export function threadsSupported(): boolean {
  return typeof SharedArrayBuffer === 'function' && (nodeThreads() !== undefined || here.Worker !== undefined);
}

/** @throws {Error} if this engine has no threads */
export function startWorker(entry: WorkerEntry, { onMessage, onError }: WorkerListeners = {}): WorkerThread {
  const threads = nodeThreads();
  if (threads) return startInNode(threads, entry.url, { ...(onMessage && { onMessage }), ...(onError && { onError }) });
  if (!threadsSupported()) throw new Error('startWorker: expected an engine with threads, got one without.');
  const worker = entry.inBrowser() as BrowserWorker;
  if (onMessage) worker.onmessage = ({ data }) => onMessage(data);
  worker.onerror = ({ message }) => onError?.(message ?? `${entry.url} cannot be loaded`);
  return { post: (message) => worker.postMessage(message), terminate: () => worker.terminate() };
}

function startInNode({ Worker }: NodeThreads, url: URL, { onMessage, onError }: WorkerListeners): WorkerThread {
  // Not the options of this process: a worker has no use for its loader, and some, such as --input-type, forbid a file.
  const worker = needsLoader(url)
    ? new Worker(loading(url), { eval: true, execArgv: [] })
    : new Worker(url, { execArgv: [] });
  if (onMessage) worker.on('message', onMessage);
  worker.on('error', (error) => onError?.(error instanceof Error ? error.message : String(error)));
  worker.unref(); // after the listeners, which hold the process again
  return {
    post: (message) => worker.postMessage(message),
    terminate: () => {
      worker.terminate();
    },
  };
}

/** A worker does not inherit the loader of TypeScript by which tests and benches run in a Node that has none of its own. */
function needsLoader(url: URL): boolean {
  const features = here.process?.features as { readonly typescript?: unknown } | undefined;
  return url.pathname.endsWith('.ts') && !features?.typescript;
}

function loading(url: URL): string {
  const loader = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  return `import(${loader}).then(({ register }) => { register(); return import(${JSON.stringify(url.href)}); })`;
}

/** In a worker: `listener` gets the messages of the thread that started it. */
export function onMessageFromParent(listener: (message: unknown) => void): void {
  const port = nodeThreads()?.parentPort;
  if (port) port.on('message', listener);
  else here.onmessage = ({ data }) => listener(data);
}

/** In a worker: a message to the thread that started it. */
export function postToParent(message: unknown): void {
  const port = nodeThreads()?.parentPort;
  if (port) port.postMessage(message);
  else here.postMessage?.(message);
}
