// Turns compiled contracts into what goes on chain, and holds them to the size limit.
// usage: node script/package-contracts.mjs WASM_FOLDER CONTRACT_FOLDER...

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import zlib from 'node:zlib';
import { keccak256 } from 'ethers';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const outFolder = path.join(root, 'out', 'contracts');

/** Largest code that a chain stores for one contract, prefix included. */
const CODE_LIMIT = 24_576;
/** Marks a Stylus program; its last byte says that the compression uses no dictionary. */
const STYLUS_PREFIX = Buffer.from('eff00000', 'hex');
const PROGRAM_FILES = ['wasm', 'bin', 'initcode'];

/** The [wasm-opt] table of a Stylus.toml, whose flags are also a JSON array. */
function wasmOptTable(file) {
  const section = fs.readFileSync(file, 'utf8').match(/^\[wasm-opt\][^\n]*\n((?:(?!\[)[^\n]*\n?)*)/m)?.[1];
  if (section === undefined) return undefined;
  const flags = section.match(/^flags *= *(\[[^\]]*\])/m)?.[1];
  return {
    version: section.match(/^version *= *"(\d+)"/m)?.[1],
    flags: flags && JSON.parse(flags),
  };
}

/** The name of the contract in `folder`, which is that of its package. */
function nameOf(folder) {
  return fs.readFileSync(path.join(root, folder, 'Cargo.toml'), 'utf8').match(/^name = "(.*)"$/m)[1];
}

/** What cargo-stylus would run: the contract's own table over the workspace's. */
function wasmOptRecipe(folder) {
  const own = wasmOptTable(path.join(root, folder, 'Stylus.toml'));
  const shared = wasmOptTable(path.join(root, 'Stylus.toml'));
  if (own === undefined) throw new Error(`${folder}/Stylus.toml has no [wasm-opt] table`);
  const recipe = { version: own.version ?? shared?.version, flags: own.flags ?? shared?.flags };
  if (!recipe.version || !recipe.flags) throw new Error(`the [wasm-opt] recipe of ${folder} is incomplete`);
  return recipe;
}

function checkWasmOpt(version) {
  const found = execFileSync('wasm-opt', ['--version'], { encoding: 'utf8' });
  if (!found.includes(`version ${version} `)) throw new Error(`wasm-opt ${version} is required, found ${found.trim()}`);
}

/** Creation code: returns everything after its own 43 bytes. */
function creationCode(code) {
  const length = code.length.toString(16).padStart(64, '0');
  return Buffer.concat([Buffer.from(`7f${length}80602b6000396000f300`, 'hex'), code]);
}

function compress(wasm) {
  const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_LGWIN, BROTLI_PARAM_SIZE_HINT } = zlib.constants;
  const params = { [BROTLI_PARAM_QUALITY]: 11, [BROTLI_PARAM_LGWIN]: 22, [BROTLI_PARAM_SIZE_HINT]: wasm.length };
  return Buffer.concat([STYLUS_PREFIX, zlib.brotliCompressSync(wasm, { params })]);
}

const outFile = (name, extension) => path.join(outFolder, `${name}.${extension}`);

function isFresh(name, inputs) {
  const outputs = PROGRAM_FILES.map((extension) => outFile(name, extension));
  if (!outputs.every((file) => fs.existsSync(file))) return false;
  const written = Math.min(...outputs.map((file) => fs.statSync(file).mtimeMs));
  return inputs.every((file) => fs.statSync(file).mtimeMs < written);
}

function packageContract(wasmFolder, folder) {
  const name = nameOf(folder);
  const compiled = path.join(wasmFolder, `${name.replaceAll('-', '_')}.wasm`);
  const manifests = [path.join(root, 'Stylus.toml'), path.join(root, folder, 'Stylus.toml')];
  if (isFresh(name, [compiled, ...manifests, fileURLToPath(import.meta.url)])) return;
  const recipe = wasmOptRecipe(folder);
  checkWasmOpt(recipe.version);
  const strip = ['--strip-debug', '--strip-producers', '--strip-target-features'];
  execFileSync('wasm-opt', [...recipe.flags, ...strip, compiled, '-o', outFile(name, 'wasm')]);
  const code = compress(fs.readFileSync(outFile(name, 'wasm')));
  fs.writeFileSync(outFile(name, 'bin'), code);
  fs.writeFileSync(outFile(name, 'initcode'), `0x${creationCode(code).toString('hex')}\n`);
}

function measure(name) {
  const code = fs.readFileSync(outFile(name, 'bin'));
  return { raw: fs.statSync(outFile(name, 'wasm')).size, compressed: code.length, codeHash: keccak256(code) };
}

function printTable(sizes) {
  console.log(`${'contract'.padEnd(18)}${'raw'.padStart(9)}${'on chain'.padStart(10)}${'of limit'.padStart(10)}  code hash`);
  for (const [name, { raw, compressed, codeHash }] of Object.entries(sizes)) {
    const share = `${((100 * compressed) / CODE_LIMIT).toFixed(1)}%`;
    const columns = [String(raw).padStart(9), String(compressed).padStart(10), share.padStart(10)];
    console.log(`${name.padEnd(18)}${columns.join('')}  ${codeHash}`);
  }
}

const [wasmFolder, ...folders] = process.argv.slice(2);
fs.mkdirSync(outFolder, { recursive: true });
for (const folder of folders) packageContract(wasmFolder, folder);
const names = folders.map(nameOf);
const sizes = Object.fromEntries(names.map((name) => [name, measure(name)]));
fs.writeFileSync(path.join(outFolder, 'sizes.json'), `${JSON.stringify({ limit: CODE_LIMIT, contracts: sizes }, null, 2)}\n`);
printTable(sizes);

const oversized = names.filter((name) => sizes[name].compressed > CODE_LIMIT);
if (oversized.length > 0) {
  console.error(`error: larger than ${CODE_LIMIT} bytes on chain: ${oversized.join(', ')}`);
  process.exitCode = 1;
}
