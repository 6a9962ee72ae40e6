// cargo stylus check of every program as it was built, and one contract from its source to the chain.

import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { JsonRpcProvider } from 'ethers';
import { contractNames, endpoint, privateKey, root, run } from './support.mjs';

const MINUTES = 60_000;

/** Runs in `folder`: beside what it is told to, cargo-stylus builds and checks the contract whose folder that is. */
function cargoStylus(folder, ...args) {
  return run(path.join(root, 'script', 'cargo-stylus'), args, { cwd: path.join(root, folder) });
}

for (const name of contractNames()) {
  test(`cargo stylus check passes for ${name}`, { timeout: 10 * MINUTES }, async () => {
    const program = path.join(root, 'out', 'contracts', `${name}.wasm`);
    const { text } = await cargoStylus('crates/rules/risk', 'check', '--wasm-file', program, '--endpoint', endpoint());
    assert.match(text, /contract size/);
  });
}

// Building is the slow part, and the same for all of them; `make check` does it for each.
test('cargo stylus builds, deploys and activates a contract', { timeout: 10 * MINUTES }, async () => {
  const account = ['--private-key', privateKey(4)];
  const { text } = await cargoStylus('contracts/insurance-pool', 'deploy', '--no-verify', '--endpoint', endpoint(), ...account);
  const address = text.replace(/\u001b\[[0-9;]*m/g, '').match(/deployed code at address:? *(0x[0-9a-fA-F]{40})/)?.[1];
  assert.ok(address, `no address in:\n${text}`);
  const provider = new JsonRpcProvider(endpoint(), undefined, { cacheTimeout: -1 });
  assert.match(await provider.getCode(address), /^0xeff00000/);
  provider.destroy();
});
