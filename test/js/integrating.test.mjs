// The programs of docs/integrating.md, as they stand there, against a market of their own.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { JsonRpcProvider, Wallet } from 'ethers';
import { deployed, openMarket } from './market.mjs';
import { endpoint, privateKey, root, run } from './support.mjs';

const provider = new JsonRpcProvider(endpoint(), undefined, { cacheTimeout: -1 });
const files = { DEPLOYMENT_FILE: `out/deployment-${process.pid}.json` };
let pristine;
let vault;

before(async () => {
  pristine = await provider.send('evm_snapshot', []);
  const wallet = new Wallet(privateKey(0), provider);
  const { DEPLOYMENT_FILE: deployment } = await deployed('Deploy.s.sol', files);
  ({ vault } = await openMarket(wallet, deployment));
});

after(async () => {
  await provider.send('evm_revert', [pristine]);
  fs.rmSync(path.join(root, files.DEPLOYMENT_FILE), { force: true });
  provider.destroy();
});

/** The code below a heading of the document, until the next of its level. */
function program(heading) {
  const text = fs.readFileSync(path.join(root, 'docs', 'integrating.md'), 'utf8');
  const section = text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`));
  assert.ok(section, `a heading "${heading}"`);
  return [...section.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code]) => code).join('\n');
}

/** Runs a program of the document beside its packages; its assertions are its own. */
async function runs(heading) {
  const code = program(heading);
  assert.ok(code.includes('assert'), 'it says what it expects');
  const file = path.join(root, 'out', `integrating-${process.pid}.mjs`);
  fs.writeFileSync(file, code);
  try {
    await run('node', [file], {
      env: { ...process.env, RPC_URL: endpoint(), VAULT: vault, MAKER_KEY: privateKey(6), TAKER_KEY: privateKey(7) },
    });
  } finally {
    fs.rmSync(file);
  }
}

test('the program with viem runs as the document has it', () => runs('A trader\'s life, with viem'));

test('the program with ethers runs as the document has it', () => runs('The same with ethers'));
