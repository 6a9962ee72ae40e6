// Holds what the programs were seen to revert with against what the interfaces list. Each FILE was written by development nodes
// with `--reverts`; programs are known by the code in out/contracts, so that it has to be what the nodes have run.
// usage: node script/check-reverts.mjs [--unseen] FILE...      (--unseen: print what is listed and was not seen)

import fs from 'node:fs';
import path from 'node:path';
import { keccak256 } from 'ethers';
import { interfaces, listedErrors } from './natspec.mjs';
import { interfaceOf } from './programs.mjs';
import { root } from './solidity.mjs';

/** The selector under which every Stylus program is constructed: that of `stylus_constructor()`. */
const CONSTRUCTOR = '5585258d';

/** What an address serves beside the interface of its programs, in EVM code that has called one of them last. */
const BESIDE = new Map([['IMarginVault', 'IEscape']]);

const all = interfaces();

/** The name of each program, by the hash of its code. */
function programs() {
  const folder = path.join(root, 'out', 'contracts');
  const files = fs.readdirSync(folder).filter((file) => file.endsWith('.bin'));
  return new Map(files.map((file) => [keccak256(fs.readFileSync(path.join(folder, file))), path.basename(file, '.bin')]));
}

/** What a program was called with and reverted with, without repetitions. */
function seenIn(files) {
  const names = programs();
  const lines = new Set(files.flatMap((file) => fs.readFileSync(file, 'utf8').split('\n')).filter((line) => line !== ''));
  const seen = [];
  for (const line of lines) {
    const [code, called, error, how] = line.split(' ');
    const program = names.get(code);
    if (program === undefined) continue;
    const own = all.get(interfaceOf(program));
    const beside = all.get(BESIDE.get(own.name));
    const entry = beside?.functions.has(called.slice(2)) ? beside : own;
    seen.push({ program, entry, called: called.slice(2), error: error.slice(2), how });
  }
  return { seen, lines: lines.size };
}

/** An error's name, as its interface or another calls it. */
function nameOf(selector) {
  if (selector === '') return 'no data';
  for (const entry of all.values()) {
    for (const [name, known] of entry.errors) if (known === selector) return name;
  }
  return `0x${selector}`;
}

/** The selectors that may be seen, or undefined if anything may: what writes ends under a static call without a word. */
function allowed({ entry, called, how }) {
  const entryFunction = entry.functions.get(called);
  if (how === 'static' && entryFunction?.writes) return undefined;
  if (entryFunction) return listedErrors(all, entry, entryFunction, how === 'passed');
  const names = called === CONSTRUCTOR ? [...entry.common, ...entry.atConstruction] : entry.common;
  return new Set(names.map((name) => entry.errors.get(name)));
}

const functionName = ({ entry, called }) => {
  const name = called === CONSTRUCTOR ? 'its constructor' : entry.functions.get(called)?.name;
  return `${entry.name}: ${name ?? `what has no function (0x${called})`}`;
};

function complaintsOf(seen) {
  const found = new Set();
  for (const revert of seen) {
    if (allowed(revert)?.has(revert.error) ?? true) continue;
    const does = revert.how === 'passed' ? 'passes on' : 'reverts with';
    found.add(`${functionName(revert)} ${does} ${nameOf(revert.error)}, which it does not list (${revert.program})`);
  }
  return [...found].sort();
}

/** Of every function its listed errors, and which of them were seen. */
function coverage(seen) {
  const functions = [];
  for (const entry of all.values()) {
    for (const { functionSelector: called, name } of entry.ownFunctions) {
      const listed = listedErrors(all, entry, entry.functions.get(called), false);
      const own = [...listed].filter((selector) => !entry.common.some((common) => entry.errors.get(common) === selector));
      const errors = new Set(seen.filter((revert) => revert.called === called).map(({ error }) => error));
      functions.push({ entry, name, own, unseen: own.filter((selector) => !errors.has(selector)) });
    }
  }
  return functions;
}

const options = process.argv.slice(2).filter((argument) => argument.startsWith('--'));
const files = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const { seen, lines } = seenIn(files);
const functions = coverage(seen);
const complaints = complaintsOf(seen);
const listed = functions.reduce((sum, { own }) => sum + own.length, 0);
const unseen = functions.reduce((sum, { unseen }) => sum + unseen.length, 0);
const silent = functions.filter(({ own, unseen }) => own.length > 0 && own.length === unseen.length).length;
console.log(`${seen.length} pairs of a function and an error, of ${lines} that were seen, are of programs in out/contracts`);
console.log(`${listed - unseen} of ${listed} errors that ${functions.length} functions list were seen; of ${silent} functions none was`);
if (options.includes('--unseen')) {
  for (const { entry, name, unseen } of functions) {
    if (unseen.length > 0) console.log(`  ${entry.name}.${name}: ${unseen.map(nameOf).join(', ')}`);
  }
}
console.log(`${complaints.length} complaints`);
for (const complaint of complaints) console.log(`  ${complaint}`);
if (seen.length === 0) console.log('  nothing was seen: are the programs in out/contracts those that the nodes have run?');
if (complaints.length > 0 || seen.length === 0) process.exitCode = 1;
