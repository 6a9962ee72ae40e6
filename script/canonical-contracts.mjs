// Puts on a bare node the contracts that tools expect at fixed addresses, each created in the one way that leads there.
// The code of two of them is read from the embedded node, that of StylusDeployer from the sources of cargo-stylus.
// usage: script/with-node node script/canonical-contracts.mjs URL PRIVATE_KEY

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { concat, JsonRpcProvider, parseEther, Signature, Transaction, Wallet, ZeroHash } from 'ethers';

/** Arachnid's deterministic-deployment proxy: its transaction's signature was chosen, not made. */
const CREATE2_FACTORY = {
  address: '0x4e59b44847b379578588920cA78FbF26c0B4956C',
  gasLimit: 100_000n,
  prefix: '0x604580600e600039806000f350fe',
  signature: { r: `0x${'2'.repeat(64)}`, s: `0x${'2'.repeat(64)}`, v: 27 },
};
const MULTICALL3 = {
  address: '0xcA11bde05977b3631167028862bE2a173976CA11',
  gasLimit: 1_000_000n,
  prefix: '0x608060405234801561001057600080fd5b50610ee0806100206000396000f3fe',
  signature: {
    r: '0xedce47092c0f398cebf3ffc267f05c8e7076e3b89445e0fe50f6332273d4569b',
    s: '0x1b0b9d000e19b24c5869b0fc3b22b0d6fa47cd63316875cbbd577d76e6fde086',
    v: 28,
  },
};
/** Created by the factory with salt zero. */
const STYLUS_DEPLOYER = { address: '0xcEcba2F1DC234f70Dd89F2041029807F8D03A990' };
const CARGO_STYLUS = '0.10.10';
const PRESIGNED_GAS_PRICE = 100_000_000_000n;

/** Creation code of StylusDeployer, a constant of stylus-tools, which cargo downloaded along with cargo-stylus. */
function stylusDeployerCode() {
  const registries = path.join(process.env.CARGO_HOME ?? path.join(os.homedir(), '.cargo'), 'registry', 'src');
  const file = fs
    .readdirSync(registries)
    .map((registry) => path.join(registries, registry, `stylus-tools-${CARGO_STYLUS}`, 'src', 'devnet', 'bytecode.rs'))
    .find((candidate) => fs.existsSync(candidate));
  if (file === undefined) throw new Error('no sources of cargo-stylus: run script/setup cargo-stylus');
  const constant = fs.readFileSync(file, 'utf8').match(/STYLUS_DEPLOYER: &str = concat!\(([^)]*)\)/)[1];
  return `0x${[...constant.matchAll(/"([0-9a-f]+)"/g)].map(([, digits]) => digits).join('')}`;
}

/** Code that creates `contract`, whose runtime code the embedded node has. */
async function creationCode(embedded, { address, prefix }) {
  const code = await embedded.getCode(address);
  if (code === '0x') throw new Error(`the embedded node has no code at ${address}`);
  return concat([prefix, code]);
}

/** The one transaction that creates `contract` at its address on every chain. */
function presigned({ gasLimit, signature }, data) {
  const fields = { type: 0, nonce: 0, gasPrice: PRESIGNED_GAS_PRICE, gasLimit, value: 0n, data };
  return Transaction.from({ ...fields, signature: Signature.from(signature) });
}

async function createPresigned(embedded, wallet, contract) {
  const transaction = presigned(contract, await creationCode(embedded, contract));
  await (await wallet.sendTransaction({ to: transaction.from, value: parseEther('1') })).wait();
  await (await wallet.provider.broadcastTransaction(transaction.serialized)).wait();
}

async function createStylusDeployer(_embedded, wallet) {
  const data = concat([ZeroHash, stylusDeployerCode()]);
  await (await wallet.sendTransaction({ to: CREATE2_FACTORY.address, data })).wait();
}

const [url, privateKey] = process.argv.slice(2);
const embedded = new JsonRpcProvider(process.env.RPC_URL);
const target = new JsonRpcProvider(url, undefined, { cacheTimeout: -1 });
const wallet = new Wallet(privateKey, target);
const steps = [
  [CREATE2_FACTORY, createPresigned],
  [MULTICALL3, createPresigned],
  [STYLUS_DEPLOYER, createStylusDeployer],
];
for (const [contract, create] of steps) {
  if ((await target.getCode(contract.address)) !== '0x') continue;
  await create(embedded, wallet, contract);
  if ((await target.getCode(contract.address)) === '0x') throw new Error(`nothing came to ${contract.address}`);
}
embedded.destroy();
target.destroy();
