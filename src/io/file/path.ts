/**
 * Checks that a path is text that an operating system takes.
 *
 * @throws {TypeError} if it is anything else, in one line
 */
export function requirePath(path: string): void {
  if (typeof path === 'string' && path !== '' && !path.includes('\0')) return;
  const got = typeof path === 'string' ? JSON.stringify(path) : typeof path;
  throw new TypeError(`files: expected a path as text without NUL, got ${got}.`);
}
