export interface Timed<T> {
  readonly value: T;
  /** Processor time of this process. */
  readonly seconds: number;
}

export async function timed<T>(run: () => T | Promise<T>): Promise<Timed<T>> {
  const begin = process.cpuUsage();
  const value = await run();
  const { user, system } = process.cpuUsage(begin);
  return { value, seconds: (user + system) / 1e6 };
}
