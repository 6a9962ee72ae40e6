// Names of the code that a document shows: the sources have them.

import path from 'node:path';
import { all, complain, sources, text } from './tree.mjs';

/** Words of other trades that look like names of ours: of standards, other tools, and examples in calldata. */
const OTHERS = new Set(['FOUNDRY_INVARIANT_DEPTH', 'FOUNDRY_INVARIANT_RUNS', 'maxUsedGas', 'signTypedData']);

/** What the sources call anything, and how JSON has it; and the names of files. What the checks themselves mention is no name. */
const written = sources.filter((file) => !file.startsWith('script/docs/')).map(text).join('\n');
const names = new Set(written.match(/[A-Za-z_][A-Za-z0-9_]*/g));
for (const name of [...names]) names.add(name[0].toLowerCase() + name.slice(1));
for (const file of all) names.add(path.basename(file).split('.')[0]);

/** A name of the code: with a capital or a line inside, alone or with what it is called with. */
export function checkName(file, number, span) {
  const called = /^((?:\w+(?:::|\.))*)(\w+)(\(.*\))?$/.exec(span);
  if (!called) return;
  for (const name of [...called[1].split(/::|\./), called[2]].filter((part) => /[a-z][A-Z]|[A-Za-z]_[A-Za-z]/.test(part))) {
    if (!names.has(name) && !OTHERS.has(name)) complain(file, number, `no such name in the code: ${name}`);
  }
}
