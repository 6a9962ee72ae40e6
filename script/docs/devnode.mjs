// Flags of `devnode`.

import { flagsOf, structs } from './clap.mjs';
import { complain, text } from './tree.mjs';

const source = structs(text('crates/node/devnode/src/main.rs'));
const devnode = new Set(source.flags(source.bodies.get('Arguments')));

export function checkDevnode(file, number, given) {
  for (const flag of flagsOf(given)) {
    if (!devnode.has(flag) && flag !== '--help') complain(file, number, `devnode has no ${flag}`);
  }
}
