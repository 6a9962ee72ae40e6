// cast, forge create and forge script --broadcast against the node.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Wallet } from 'ethers';
import { CHAIN_ID, endpoint, privateKey, run } from './support.mjs';

const key = privateKey(3);
const sender = new Wallet(key).address;
const node = ['--rpc-url', endpoint()];
const signed = [...node, '--private-key', key];

async function cast(...args) {
  return (await run('cast', args)).stdout.trim();
}

async function createLedger() {
  const { stdout } = await run('forge', ['create', 'test/node/Ledger.sol:Ledger', '--broadcast', '--json', ...signed]);
  return JSON.parse(stdout).deployedTo;
}

test('cast reads the chain', async () => {
  assert.equal(await cast('chain-id', ...node), String(CHAIN_ID));
  assert.match(await cast('block-number', ...node), /^\d+$/);
  assert.ok(BigInt(await cast('balance', sender, ...node)) > 0n);
  assert.ok(BigInt(await cast('gas-price', ...node)) > 0n);
});

test('cast sends, calls, estimates and finds logs', async () => {
  const ledger = await createLedger();
  assert.ok(BigInt(await cast('estimate', ledger, 'add(uint256)', '4', '--from', sender, ...node)) > 21_000n);
  const receipt = JSON.parse(await cast('send', ledger, 'add(uint256)', '4', '--json', ...signed));
  assert.equal(receipt.status, '0x1');
  assert.equal(await cast('call', ledger, 'total()(uint256)', ...node), '4');
  const logs = JSON.parse(await cast('logs', '--address', ledger, '--from-block', '0', '--json', ...node));
  assert.equal(logs.length, 1);
  assert.equal(logs[0].transactionHash, receipt.transactionHash);
});

test('cast shows why a call reverts', async () => {
  const ledger = await createLedger();
  await assert.rejects(run('cast', ['call', ledger, 'add(uint256)', '1001', ...node]), /execution reverted/);
});

test('cast traces a transaction', async () => {
  const ledger = await createLedger();
  const { transactionHash } = JSON.parse(await cast('send', ledger, 'add(uint256)', '1', '--json', ...signed));
  const tracer = JSON.stringify({ tracer: 'callTracer' });
  const trace = JSON.parse(await cast('rpc', 'debug_traceTransaction', transactionHash, tracer, ...node));
  assert.equal(trace.type, 'CALL');
  assert.equal(trace.to.toLowerCase(), ledger.toLowerCase());
});

test('forge script broadcasts what it simulated', async () => {
  const { stdout } = await run('forge', ['script', 'test/node/CreateLedger.s.sol', '--broadcast', '--json', ...signed]);
  const reports = stdout.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
  const ledger = reports.flatMap((report) => Object.values(report.returns ?? {}))[0].value;
  assert.equal(await cast('call', ledger, 'total()(uint256)', ...node), '42');
});
