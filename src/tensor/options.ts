/**
 * Checks that options are there, and that none is among them that nobody would listen to.
 *
 * @param where who asks; begins the message
 * @param known the names that are listened to; any if not given
 * @throws {TypeError} if it is no object, or has null for an option
 * @throws {RangeError} naming an option that is given and not known
 */
export function requireOptions<O extends object>(
  where: string,
  options: O,
  known?: readonly (keyof O & string)[],
): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeError(`${where}: expected an object of options, got ${options === null ? 'null' : typeof options}.`);
  }
  for (const name in options) {
    if (options[name] === null) throw new TypeError(`${where}: expected ${name} to be given or left out, got null.`);
    if (options[name] === undefined || !known || known.includes(name)) continue;
    throw new RangeError(`${where}: expected options among ${known.join(', ')}, got ${name}.`);
  }
}

/**
 * The entry of this name; what every object inherits is none.
 *
 * @throws {RangeError} naming all
 */
export function requireNamed<T>(where: string, option: string, entries: Readonly<Record<string, T>>, name: string): T {
  if (typeof name === 'string' && Object.hasOwn(entries, name)) return entries[name]!;
  throw new RangeError(`${where}: expected ${option} to be one of ${Object.keys(entries).join(', ')}, got ${name}.`);
}
