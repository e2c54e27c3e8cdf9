import type { Command } from '../command.ts';
import { evalCommand } from './eval.ts';

/** In the order of use. */
export const COMMANDS: readonly Command[] = [evalCommand];
