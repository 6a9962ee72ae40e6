// Writes out/abi/<Interface>.json, and holds what each program exports against its interface. The programs of a vault serve one
// interface between them, each function once, but for `deleverage` and `settle`; so do those of the guard.
// usage: node script/check-abi.mjs FOLDER NAME...      (FOLDER/<name>.sol is what the contract prints)

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Interface } from 'ethers';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const abiFolder = path.join(root, 'out', 'abi');
const interfaceFolder = path.join('contracts', 'interfaces');
/** Where an export stands for the compiler, so that it may import the other interfaces. */
const EXPORT = path.join(interfaceFolder, 'export.sol');

/** `risk-engine` implements `IRiskEngine`; `vault-trading`, a part of `IMarginVault`; `guard-settings`, one of `IOracleGuard`. */
function interfaceOf(name) {
  if (name === 'guard-settings') return 'IOracleGuard';
  if (name.startsWith('vault-')) return 'IMarginVault';
  return `I${name.split('-').map((word) => word[0].toUpperCase() + word.slice(1)).join('')}`;
}

function compiledInterface(name) {
  const artifact = path.join(root, 'out', 'forge', `${name}.sol`, `${name}.json`);
  return JSON.parse(fs.readFileSync(artifact, 'utf8')).abi;
}

/** `source` with everything that it imports, by the names under which the compiler asks for them. */
function withImports(name, source, sources = {}) {
  sources[name] = { content: source };
  for (const [, imported] of source.matchAll(/^import [^;]*"([^"]+)";/gm)) {
    const target = imported.startsWith('.') ? path.join(path.dirname(name), imported) : imported;
    if (target in sources) continue;
    const file = path.join(root, target.startsWith('@') ? 'node_modules' : '', target);
    withImports(target, fs.readFileSync(file, 'utf8'), sources);
  }
  return sources;
}

/** Union of the ABIs of all interfaces in Solidity `source`. */
function compileExport(source) {
  const input = {
    language: 'Solidity',
    sources: withImports(EXPORT, source),
    settings: { outputSelection: { [EXPORT]: { '*': ['abi'] } } },
  };
  const answer = execFileSync(path.join(root, 'script', 'solc'), ['--standard-json'], { input: JSON.stringify(input) });
  const { errors = [], contracts = {} } = JSON.parse(answer);
  const fatal = errors.filter(({ severity }) => severity === 'error');
  if (fatal.length > 0) throw new Error(fatal.map(({ formattedMessage }) => formattedMessage).join('\n'));
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
