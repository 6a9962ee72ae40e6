// Writes out/abi/<Interface>.json, and holds what each program exports against its interface. The programs of a vault serve one
// interface between them, each function once, but for `deleverage` and `settle`; so do those of the guard. Complains, too, about what
// the interfaces do not document.
// usage: node script/check-abi.mjs FOLDER NAME...      (FOLDER/<name>.sol is what the contract prints)

import fs from 'node:fs';
import path from 'node:path';
import { Interface } from 'ethers';
import { interfaces } from './natspec.mjs';
import { interfaceOf } from './programs.mjs';
import { compile, interfaceFolder, root, withImports } from './solidity.mjs';

const abiFolder = path.join(root, 'out', 'abi');
/** Where an export stands for the compiler, so that it may import the other interfaces. */
const EXPORT = path.join(interfaceFolder, 'export.sol');

function compiledInterface(name) {
  const artifact = path.join(root, 'out', 'forge', `${name}.sol`, `${name}.json`);
  return JSON.parse(fs.readFileSync(artifact, 'utf8')).abi;
}

/** Union of the ABIs of all interfaces in Solidity `source`. */
function compileExport(source) {
  const { contracts = {} } = compile(withImports(EXPORT, source), { [EXPORT]: { '*': ['abi'] } });
  return Object.values(contracts[EXPORT] ?? {}).flatMap(({ abi }) => abi);
}

/** What a caller relies on of each function, by its signature. */
function functions(abi) {
  const entries = new Interface(abi).fragments.filter(({ type }) => type === 'function');
  return new Map(
    entries.map((entry) => [
      entry.format('sighash'),
      {
        returns: entry.outputs.map((output) => output.format('sighash')).join(','),
        readOnly: ['view', 'pure'].includes(entry.stateMutability),
      },
    ]),
  );
}

function errorsIn(abi) {
  return new Interface(abi).fragments.filter(({ type }) => type === 'error').map((entry) => entry.format('sighash'));
}

/** What two programs serve: accounts near debt and in it; trades in perpetuals and in options. */
const SERVED_TWICE = ['deleverage', 'settle'];

/** Everything in which programs fall short of their interface. */
function complaints(promised, exports) {
  const found = [];
  const exported = exports.flat();
  const offered = functions(exported);
  const times = new Map();
  for (const signature of exports.flatMap((abi) => [...functions(abi).keys()])) {
    times.set(signature, (times.get(signature) ?? 0) + 1);
  }
  for (const [signature, count] of times) {
    const most = SERVED_TWICE.includes(signature.split('(')[0]) ? 2 : 1;
    if (count > most) found.push(`${signature} is served by ${count} programs`);
  }
  const expected = functions(promised);
  for (const signature of offered.keys()) {
    if (!expected.has(signature)) found.push(`${signature} is served and not in the interface`);
  }
  for (const [signature, { returns, readOnly }] of expected) {
    const offer = offered.get(signature);
    if (offer === undefined) found.push(`${signature} is missing`);
    else if (offer.returns !== returns) found.push(`${signature} returns (${offer.returns}), not (${returns})`);
    else if (offer.readOnly !== readOnly) found.push(`${signature} is ${offer.readOnly ? '' : 'not '}read-only`);
  }
  const known = new Set(errorsIn(promised));
  for (const error of errorsIn(exported)) if (!known.has(error)) found.push(`error ${error} is not in the interface`);
  return found;
}

const [folder, ...names] = process.argv.slice(2);
fs.mkdirSync(abiFolder, { recursive: true });
for (const file of fs.readdirSync(path.join(root, interfaceFolder))) {
  const name = path.basename(file, '.sol');
  fs.writeFileSync(path.join(abiFolder, `${name}.json`), `${JSON.stringify(compiledInterface(name), null, 2)}\n`);
}
for (const interfaceName of new Set(names.map(interfaceOf))) {
  const programs = names.filter((name) => interfaceOf(name) === interfaceName);
  const exports = programs.map((name) => compileExport(fs.readFileSync(path.join(folder, `${name}.sol`), 'utf8')));
  const promised = compiledInterface(interfaceName);
  const found = complaints(promised, exports);
  const served = `${functions(promised).size} functions of ${interfaceName}`;
  console.log(`${programs.join(', ')}: ${served}, ${found.length} complaints`);
  for (const complaint of found) console.log(`  ${complaint}`);
  if (found.length > 0) process.exitCode = 1;
}
for (const { name, ownFunctions, ownErrors, complaints: found } of interfaces().values()) {
  console.log(`${name} documents ${ownFunctions.length} functions, ${ownErrors.length} errors, ${found.length} complaints`);
  for (const complaint of found) console.log(`  ${complaint}`);
  if (found.length > 0) process.exitCode = 1;
}
