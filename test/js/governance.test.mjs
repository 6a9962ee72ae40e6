// The scripts of `script/governance`, as docs/governance.md tells to use them: deploy, hand over, and one proposal from end to end.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Contract, JsonRpcProvider } from 'ethers';
import { artifact, endpoint, root, run } from './support.mjs';

const HOUR = 3_600;
const GUARD_PARAMETERS = '2';
const NO_KEY = `0x${'0'.repeat(64)}`;
const CALM_PERIOD = '3';
const PROPOSE = 'proposeChange(address,uint8,bytes32,uint8,uint256,string)';
const QUEUED = 'queued';

const provider = new JsonRpcProvider(endpoint());
const files = {
  DEPLOYMENT_FILE: `out/deployment-${process.pid}.json`,
  GOVERNANCE_FILE: `out/governance-${process.pid}.json`,
};
let pristine;

before(async () => {
  pristine = await provider.send('evm_snapshot', []);
});

after(async () => {
  await provider.send('evm_revert', [pristine]);
  for (const file of Object.values(files)) fs.rmSync(path.join(root, file), { force: true });
  provider.destroy();
});

const addresses = (file) => JSON.parse(fs.readFileSync(path.join(root, file), 'utf8'));

/** Runs a script; returns what its function returned, by name. */
async function script(name, ...call) {
  const signature = call.length > 0 ? ['--sig', ...call] : [];
  const { stdout } = await run('forge', ['script', `script/${name}`, ...signature], { env: { ...process.env, ...files } });
  const results = stdout.matchAll(/^(\w+): (?:u?int\d+ (\d+)|string "(.*)")/gm);
  return Object.fromEntries([...results].map(([, key, number, text]) => [key, number ?? text]));
}

const proposal = (...call) => script('governance/Proposal.s.sol', ...call);

const elapse = (secs) => proposal('elapse(uint256)', `${secs}`);

test('a parameter changes by script, from proposal to execution', async () => {
  await script('Deploy.s.sol');
  await script('governance/DeployGovernance.s.sol');
  const { guard: address, owner: deployer } = addresses(files.DEPLOYMENT_FILE);
  const { timelock } = addresses(files.GOVERNANCE_FILE);
  const guard = new Contract(address, artifact('IOracleGuard').abi, provider);
  assert.equal(await guard.owner(), timelock);
  assert.notEqual(await guard.owner(), deployer);

  await script('governance/DeployGovernance.s.sol', 'verify()');

  const change = [PROPOSE, address, GUARD_PARAMETERS, NO_KEY, CALM_PERIOD, '900', 'wait longer'];
  await assert.rejects(proposal(...change), /TooFewVotes/);
  await proposal('delegate()');
  await elapse(1);
  const { proposalId } = await proposal(...change);
  await assert.rejects(proposal('vote(uint256,uint8)', proposalId, '1'), /NotNow/);
  await elapse(6 * HOUR + 1);
  await proposal('vote(uint256,uint8)', proposalId, '1');
  await elapse(36 * HOUR);
  await proposal('queue(uint256)', proposalId);
  assert.equal((await proposal('look(uint256)', proposalId)).state, QUEUED);
  await assert.rejects(proposal('execute(uint256)', proposalId), /NotBefore/);
  assert.equal((await guard.parameters()).calmPeriod, 600n);
  await elapse(24 * HOUR);
  await proposal('execute(uint256)', proposalId);
  assert.equal((await guard.parameters()).calmPeriod, 900n);
});
