// What the tests in this folder share: the node, its accounts, and how to run a program.

import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Contract, ContractFactory, HDNodeWallet, keccak256, Mnemonic, parseEther } from 'ethers';

export const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
export const CHAIN_ID = 412_346;

const ARB_WASM = '0x0000000000000000000000000000000000000071';
const ARB_WASM_ABI = [
  'function activateProgram(address program) payable returns (uint16 version, uint256 dataFee)',
  'function codehashVersion(bytes32 codehash) view returns (uint16)',
  'function stylusVersion() view returns (uint16)',
  'error ProgramNotActivated()',
];
/** More than the data fee of the largest program; the rest comes back. */
const ACTIVATION_VALUE = parseEther('0.01');
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

/** Names of the Stylus contracts, as the contract build lists them. */
export function contractNames() {
  const { contracts } = JSON.parse(fs.readFileSync(path.join(root, 'out', 'contracts', 'sizes.json'), 'utf8'));
  return Object.keys(contracts);
}

/** Creation code of a Stylus contract, from the contract build. */
function creationCode(name) {
  return fs.readFileSync(path.join(root, 'out', 'contracts', `${name}.initcode`), 'utf8').trim();
}

/** Whether the chain has activated `code` for its current version of Stylus. */
async function isActive(arbWasm, code) {
  try {
    return (await arbWasm.codehashVersion(keccak256(code))) === (await arbWasm.stylusVersion());
  } catch (error) {
    if (error.revert?.name !== 'ProgramNotActivated') throw error;
    return false;
  }
}

/** Creates a Stylus contract, activates its program unless another contract has it already, and returns its address. */
export async function deployProgram(wallet, name) {
  const { contractAddress } = await (await wallet.sendTransaction({ data: creationCode(name) })).wait();
  const arbWasm = new Contract(ARB_WASM, ARB_WASM_ABI, wallet);
  const code = await wallet.provider.getCode(contractAddress);
  if (!(await isActive(arbWasm, code))) {
    await (await arbWasm.activateProgram(contractAddress, { value: ACTIVATION_VALUE })).wait();
  }
  if (!(await isActive(arbWasm, code))) throw new Error(`${name} is not active after its activation`);
  return contractAddress;
}

/** Creates the programs of a vault and the contract in front of them; returns its address. */
export async function deployVault(wallet) {
  const names = [
    'trading',
    'option-trading',
    'accounts',
    'liquidation',
    'deleveraging',
    'debts',
    'profits',
    'registry',
    'options',
  ];
  const programs = [];
  for (const name of names) programs.push(await deployProgram(wallet, `vault-${name}`));
  const { abi, bytecode } = artifact('MarginVault');
  const vault = await new ContractFactory(abi, bytecode, wallet).deploy(...programs);
  await vault.waitForDeployment();
  return vault.getAddress();
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
