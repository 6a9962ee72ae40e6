// Commands of `bulkhead`: it has the subcommand, and that the flags.

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { flagsOf, kebab, structs } from './clap.mjs';
import { complain, text } from './tree.mjs';

/** The subcommands of `bulkhead` with their flags: as its newest build says, or else its source. */
function subcommands() {
  const file = 'crates/tools/cli/src/main.rs';
  const source = text(file);
  const built = path.join(process.env.CARGO_TARGET_DIR ?? 'target', 'debug', 'bulkhead');
  const { flags, bodies } = structs(source);
  const [, body] = /enum Command \{\n([\s\S]*?)\n\}/.exec(source);
  const variants = [...body.matchAll(/^ {4}(\w+)(?:\((\w+)\)| \{([\s\S]*?)\n {4}\}),/gm)];
  const commands = variants.map(([, name, struct, fields]) => [kebab(name), new Set(flags(struct ? bodies.get(struct) : fields))]);
  if (!fs.existsSync(built) || fs.statSync(built).mtimeMs < fs.statSync(file).mtimeMs) return new Map(commands);
  return new Map(
    commands.map(([name]) => {
      const help = execFileSync(built, [name, '--help'], { encoding: 'utf8' });
      return [name, new Set(help.match(/--[a-z][a-z-]*/g))];
    }),
  );
}

const bulkhead = subcommands();

export function checkBulkhead(file, number, [command, ...given]) {
  if (command === undefined || command === '--help' || command === 'help') return;
  const flags = bulkhead.get(command);
  if (!flags) complain(file, number, `bulkhead has no command ${command}`);
  else {
    for (const flag of flagsOf(given)) {
      if (!flags.has(flag) && flag !== '--help') complain(file, number, `bulkhead ${command} has no ${flag}`);
    }
  }
}
