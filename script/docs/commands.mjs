// Commands of the shell that a document shows: each is one, and what it names is there.

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { checkBulkhead } from './bulkhead.mjs';
import { checkCargo } from './cargo.mjs';
import { checkForge, checkFunction } from './forge.mjs';
import { checkMake } from './make.mjs';
import { checkNamed } from './paths.mjs';
import { all, complain } from './tree.mjs';
import { words } from './words.mjs';

/** Commands of others, whose arguments are theirs. */
const FOREIGN = /^(cd|export|cast|git|true|docker)$/;

export function checkCommand(file, number, command, shell = new Map()) {
  const parts = command.replace(/\s#.*$/, '').split(/&&|\|\||;|\|/);
  for (const part of parts) {
    const given = words(part.trim());
    while (given.length > 0 && /^[A-Z_]+=/.test(given[0])) given.shift();
    if (given.length > 0) checkSimple(file, number, given, shell);
  }
}

function checkSimple(file, number, [program, ...given], shell) {
  const redirected = given.indexOf('>');
  const own = redirected < 0 ? given : given.slice(0, redirected);
  if (/^(\.\.\/)*script\//.test(program)) {
    const script = program.replace(/^(\.\.\/)*/, '');
    if (!all.includes(script)) return complain(file, number, `no such script: ${program}`);
    if (!(fs.statSync(script).mode & 0o100)) return complain(file, number, `not executable: ${program}`);
    return /^script\/(env|with-node)$/.test(script) && own.length > 0 ? checkSimple(file, number, own, shell) : undefined;
  }
  if (program === 'make') return checkMake(file, number, own);
  if (program === 'cargo') return checkCargo(file, number, own);
  if (program === 'bulkhead') return checkBulkhead(file, number, own);
  if (program === 'forge') return checkForge(file, number, own);
  if (program === 'node' || program === 'python3') return checkNamed(file, number, own);
  if (shell.has(program)) return shell.get(program)(file, number, own);
  if (!FOREIGN.test(program)) return complain(file, number, `a command that is not known: ${program}`);
  return undefined;
}

/** A block of shell: it parses, and every command in it is one. Functions that it defines hold for the document. */
export function checkBlock(file, block, shell) {
  const script = block.map(({ line }) => line.replace(/^ {4}/, '')).join('\n').replace(/\\\n\s*/g, ' ');
  try {
    execFileSync('bash', ['-n'], { input: script, stdio: ['pipe', 'pipe', 'pipe'] });
  } catch (error) {
    complain(file, block[0].number, `bash does not parse this: ${`${error.stderr}`.trim()}`);
    return;
  }
  for (const [k, line] of script.split('\n').entries()) {
    const number = block[0].number + k;
    const defined = /^(\w+)\(\) \{ (.*); \}$/.exec(line);
    if (defined) {
      checkCommand(file, number, defined[2], shell);
      const calls = /forge script (\S+) --sig "\$@"/.exec(defined[2]);
      shell.set(defined[1], (where, at, given) => (calls ? checkFunction(where, at, calls[1], given[0]) : undefined));
    } else if (line.trim() !== '') checkCommand(file, number, line, shell);
  }
}
