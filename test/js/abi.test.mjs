// Every function of an interface is one that the program on chain knows; of a vault's, the one that it is handed to.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Interface, JsonRpcProvider, Wallet } from 'ethers';
import { artifact, contractNames, deployProgram, deployVault, endpoint, privateKey } from './support.mjs';

const UNKNOWN_SELECTOR = '0xdeadbeef';

let provider;
let wallet;

before(() => {
  provider = new JsonRpcProvider(endpoint(), undefined, { cacheTimeout: -1 });
  wallet = new Wallet(privateKey(5), provider);
});

after(() => provider?.destroy());

/** What a call answers: what it returns, or the data that it reverts with. */
async function answer(to, data) {
  try {
    return { returns: await provider.call({ to, data }) };
  } catch (error) {
    assert.equal(error.code, 'CALL_EXCEPTION');
    return { reverts: error.data };
  }
}

/** Arguments that every type accepts: zeros, and nothing where there may be nothing. */
function emptyValue({ baseType, components, arrayLength, arrayChildren, type }) {
  if (baseType === 'tuple') return components.map(emptyValue);
  if (baseType === 'array') return Array.from({ length: Math.max(arrayLength, 0) }, () => emptyValue(arrayChildren));
  if (type === 'bool') return false;
  if (type === 'string') return '';
  if (type === 'bytes') return '0x';
  if (type.startsWith('bytes')) return `0x${'00'.repeat(Number(type.slice(5)))}`;
  return type === 'address' ? `0x${'0'.repeat(40)}` : 0;
}

/** What serves an interface together, by the contract's name. */
const contracts = Object.fromEntries(
  contractNames()
    .filter((name) => !name.startsWith('vault-') && name !== 'guard-settings')
    .map((name) => [name, async () => [await deployProgram(wallet, name)]]),
);
contracts['margin-vault'] = async () => [await deployVault(wallet)];
contracts['oracle-guard'] = async () => [
  await deployProgram(wallet, 'oracle-guard'),
  await deployProgram(wallet, 'guard-settings'),
];

for (const [name, deploy] of Object.entries(contracts)) {
  test(`${name} knows every function of its interface`, async () => {
    const interfaceName = `I${name.split('-').map((word) => word[0].toUpperCase() + word.slice(1)).join('')}`;
    const abi = new Interface(artifact(interfaceName).abi);
    const addresses = await deploy();
    const unknown = await answer(addresses[0], UNKNOWN_SELECTOR);
    assert.ok(unknown.reverts !== undefined, 'an unknown function reverts');
    const functions = abi.fragments.filter(({ type }) => type === 'function');
    assert.ok(functions.length > 0);
    const missing = [];
    for (const fragment of functions) {
      const data = abi.encodeFunctionData(fragment, fragment.inputs.map(emptyValue));
      const answers = [];
      for (const address of addresses) answers.push(await answer(address, data));
      if (answers.every(({ reverts }) => reverts === unknown.reverts)) missing.push(fragment.format('sighash'));
    }
    assert.deepEqual(missing, []);
  });
}
