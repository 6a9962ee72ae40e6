// What the tests in this folder share: the node, its accounts, and how to run a program.

import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { HDNodeWallet, Mnemonic } from 'ethers';

export const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
export const CHAIN_ID = 412_346;

const MNEMONIC = 'test test test test test test test test test test test junk';

/** The endpoint under test. There is no default, so that no test passes without a node. */
export function endpoint() {
  const url = process.env.RPC_URL;
  if (!url) throw new Error('RPC_URL is not set: run script/with-node, or make test');
  return url;
}

/** Private key of one of the node's ten funded accounts. Files run beside each other, so each takes its own. */
export function privateKey(index) {
  return HDNodeWallet.fromMnemonic(Mnemonic.fromPhrase(MNEMONIC), `m/44'/60'/0'/0/${index}`).privateKey;
}

/** ABI and creation code of a contract that `forge build` compiled. */
export function artifact(name) {
  const file = path.join(root, 'out', 'forge', `${name}.sol`, `${name}.json`);
  const { abi, bytecode } = JSON.parse(fs.readFileSync(file, 'utf8'));
  return { abi, bytecode: bytecode.object };
}

/** Names of the Stylus contracts. */
export function contractNames() {
  const folder = path.join(root, 'contracts');
  const names = fs.readdirSync(folder).filter((name) => fs.existsSync(path.join(folder, name, 'Stylus.toml')));
  if (names.length === 0) throw new Error('no contract has a Stylus.toml');
  return names;
}

/** Creation code of a Stylus contract, from the contract build. */
export function creationCode(name) {
  return fs.readFileSync(path.join(root, 'out', 'contracts', `${name}.initcode`), 'utf8').trim();
}

/** Runs a tool of node_modules or target/tools to its end and returns what it printed. */
export async function run(program, args, options = {}) {
  const { stdout, stderr } = await promisify(execFile)(program, args, {
    cwd: root,
    maxBuffer: 64 * 1024 * 1024,
    ...options,
  });
  return { stdout, stderr, text: stdout + stderr };
}
