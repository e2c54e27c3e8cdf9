/** Starting other threads, and talking to them by messages, in Node and in browsers alike. */

/** A thread that runs a module of ours. It does not keep the process alive. */
export interface WorkerThread {
  /**
   * Views on shared memory and shared memories themselves arrive as the same memory.
   *
   * @returns false if the thread has ended, even where this one has not come to its event loop since; a browser does not say so
   */
  post(message: unknown): boolean;
  /** Ends the thread, whatever it does. */
  end(): void;
}

export interface WorkerEntry {
  /** The module, by `besideModule`; asked for when a thread is started, since a bundle that is no ES module knows no address. */
  readonly url: () => URL;
  /** `() => new Worker(new URL('./entry.js', import.meta.url), { type: 'module' })`, written out so that bundlers see it. */
  readonly inBrowser: () => unknown;
}

export interface WorkerListeners {
  readonly onMessage?: (message: unknown) => void;
  /** The thread ended, by an error that it could not report itself or otherwise; may be told twice. */
  readonly onEnd?: (reason: string) => void;
}

type MessagePort = import('node:worker_threads').MessagePort;
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

/**
 * The address of a module that stands beside another, with the same extension: `.ts` as source, `.js` when built.
 *
 * @param path relative, without the extension
 * @param from `import.meta.url` of the other, which bundlers leave undefined in a CommonJS or IIFE bundle
 * @throws {Error} if it is undefined
 */
export function besideModule(path: string, from: string | undefined): URL {
  if (from === undefined) {
    throw new Error(
      'threads: expected an ES module, which knows where the files of its threads are, got a bundle that is none; keep cnt-ann out of the bundle or bundle as ESM, or take one thread.',
    );
  }
  return new URL(`${path}${from.endsWith('.ts') ? '.ts' : '.js'}`, from);
}

/** @throws {Error} if this engine has no threads, or does not know where their module is */
export function startWorker(entry: WorkerEntry, listeners: WorkerListeners): WorkerThread {
  const threads = nodeThreads();
  const url = entry.url();
  if (threads) return startInNode(threads, url, listeners);
  if (!threadsSupported()) throw new Error('startWorker: expected an engine with threads, got one without.');
  const { onMessage, onEnd } = listeners;
  const worker = entry.inBrowser() as BrowserWorker;
  if (onMessage) worker.onmessage = ({ data }) => onMessage(data);
  worker.onerror = ({ message }) => onEnd?.(message ?? `${url} cannot be loaded`);
  return {
    post(message) {
      worker.postMessage(message);
      return true;
    },
    end: () => worker.terminate(),
  };
}

/**
 * Messages go through a channel of our own: the end of a thread closes its side of it at once, while the events of its worker
 * wait for the event loop. That `postMessage` then answers false is not documented.
 */
function startInNode({ Worker, MessageChannel }: NodeThreads, url: URL, listeners: WorkerListeners): WorkerThread {
  const { onMessage, onEnd } = listeners;
  const { port1: port, port2 } = new MessageChannel();
  // Not the options of this process: a worker has no use for its loader, and some, such as --input-type, forbid a file.
  const options = { execArgv: [], workerData: port2, transferList: [port2] };
  const worker = needsLoader(url) ? new Worker(loading(url), { ...options, eval: true }) : new Worker(url, options);
  let ended = false;
  if (onMessage) worker.on('message', onMessage);
  worker.on('error', (error) => onEnd?.(error instanceof Error ? error.message : String(error)));
  worker.on('exit', (code) => {
    ended = true;
    onEnd?.(`an exit with code ${code}`);
  });
  worker.unref(); // after the listeners, which hold the process again
  return {
    post: (message) => !ended && (port.postMessage(message) as unknown) !== false,
    end: () => void worker.terminate(),
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
  const threads = nodeThreads();
  if (threads) (threads.workerData as MessagePort).on('message', listener);
  else here.onmessage = ({ data }) => listener(data);
}

/** In a worker: a message to the thread that started it. */
export function postToParent(message: unknown): void {
  const port = nodeThreads()?.parentPort;
  if (port) port.postMessage(message);
  else here.postMessage?.(message);
}
