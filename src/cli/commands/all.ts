import type { Command } from '../session/command.ts';
import { buildCommand } from './build.ts';
import { compressCommand } from './compress.ts';
import { digestCommand } from './digest.ts';
import { evalCommand } from './eval.ts';
import { generateCommand } from './generate.ts';
import { inspectCommand } from './inspect.ts';
import { reproduceCommand } from './reproduce.ts';
import { searchCommand } from './search.ts';
import { trainCommand } from './train.ts';
import { truthCommand } from './truth.ts';

/** In the order of use. */
export const COMMANDS: readonly Command[] = [
  generateCommand,
  inspectCommand,
  truthCommand,
  trainCommand,
  compressCommand,
  buildCommand,
  searchCommand,
  evalCommand,
  digestCommand,
  reproduceCommand,
];
