// Commands of forge: the script is there, and has the function that it is asked for.

import fs from 'node:fs';
import { checkNamed } from './paths.mjs';
import { complain, text } from './tree.mjs';

/** `forge script FILE --sig NAME`: the file has such a function. */
export function checkForge(file, number, given) {
  checkNamed(file, number, given);
  const script = given.find((word) => word.endsWith('.s.sol'));
  const signature = given[given.indexOf('--sig') + 1];
  if (script && given.includes('--sig') && /^\w+\(/.test(signature) && fs.existsSync(script)) {
    checkFunction(file, number, script, signature);
  }
}

export function checkFunction(file, number, script, signature) {
  const [, name] = /^(\w+)\(/.exec(signature);
  if (!new RegExp(`function ${name}\\(`).test(text(script))) complain(file, number, `${script} has no ${signature}`);
}
