// Commands of make: the Makefile has the target, and what it passes on has the flags.

import { checkBulkhead } from './bulkhead.mjs';
import { checkDevnode } from './devnode.mjs';
import { checkNamed } from './paths.mjs';
import { complain, text } from './tree.mjs';
import { words } from './words.mjs';

const targets = new Set([...text('Makefile').matchAll(/^([\w-]+):/gm)].map(([, name]) => name));

export function checkMake(file, number, given) {
  for (const word of given) {
    const argument = /^ARGS=["']?(.*?)["']?$/.exec(word);
    if (!argument) {
      if (!targets.has(word)) complain(file, number, `make has no target ${word}`);
    } else if (given.includes('demo') || given.includes('bench')) {
      checkBulkhead(file, number, [given.includes('demo') ? 'demo' : 'bench', ...words(argument[1])]);
    } else if (given.includes('node')) {
      checkDevnode(file, number, words(argument[1]));
    } else if (given.includes('test-forge')) checkNamed(file, number, words(argument[1]));
  }
}
