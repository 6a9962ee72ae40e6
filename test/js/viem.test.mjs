// viem against the node, over HTTP and WebSocket.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import {
  BaseError,
  ContractFunctionRevertedError,
  createPublicClient,
  createTestClient,
  createWalletClient,
  defineChain,
  http,
  parseEther,
  webSocket,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { artifact, CHAIN_ID, endpoint, privateKey } from './support.mjs';

const MULTICALL3 = '0xcA11bde05977b3631167028862bE2a173976CA11';
const { abi, bytecode } = artifact('Ledger');
const account = privateKeyToAccount(privateKey(2));

let client;
let wallet;
let ledger;

before(async () => {
  const chain = defineChain({
    id: CHAIN_ID,
    name: 'development',
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [endpoint()] } },
    contracts: { multicall3: { address: MULTICALL3 } },
  });
  client = createPublicClient({ chain, transport: http(endpoint(), { batch: true }), pollingInterval: 50 });
  wallet = createWalletClient({ account, chain, transport: http(endpoint()) });
  const hash = await wallet.deployContract({ abi, bytecode });
  ledger = { abi, address: (await client.waitForTransactionReceipt({ hash })).contractAddress };
});

/** With gas for a second addition, which costs more than its estimate once the second in which that was made is over: it stores the time. */
async function write(functionName, args) {
  const { request } = await client.simulateContract({ ...ledger, account, functionName, args, gas: 200_000n });
  return client.waitForTransactionReceipt({ hash: await wallet.writeContract(request) });
}

test('a contract is simulated, written to and read', async () => {
  const { status } = await write('add', [11n]);
  assert.equal(status, 'success');
  assert.equal(await client.readContract({ ...ledger, functionName: 'balanceOf', args: [account.address] }), 11n);
});

test('a custom error is decoded', async () => {
  const refused = client.simulateContract({ ...ledger, account, functionName: 'add', args: [5000n] });
  await assert.rejects(refused, (error) => {
    assert.ok(error instanceof BaseError);
    const revert = error.walk((cause) => cause instanceof ContractFunctionRevertedError);
    assert.equal(revert.data.errorName, 'TooMuch');
    assert.deepEqual(revert.data.args, [account.address, 5000n]);
    return true;
  });
});

test('a batch of requests is answered in order', async () => {
  const [id, gasPrice, block] = await Promise.all([client.getChainId(), client.getGasPrice(), client.getBlock()]);
  assert.equal(id, CHAIN_ID);
  assert.ok(gasPrice > 0n);
  assert.ok(block.number > 0n);
});

test('Multicall3 reads many values at once', async () => {
  const results = await client.multicall({
    contracts: [
      { ...ledger, functionName: 'total' },
      { ...ledger, functionName: 'refuse' },
    ],
  });
  assert.equal(results[0].status, 'success');
  assert.equal(results[1].status, 'failure');
});

test('a call sees overridden state', async () => {
  const stateOverride = [
    { address: ledger.address, stateDiff: [{ slot: `0x${'0'.repeat(64)}`, value: `0x${'0'.repeat(62)}ff` }] },
  ];
  assert.equal(await client.readContract({ ...ledger, functionName: 'total', stateOverride }), 255n);
});

test('fees are estimated from the history', async () => {
  const { baseFeePerGas } = await client.getFeeHistory({ blockCount: 4, rewardPercentiles: [50] });
  assert.ok(baseFeePerGas.every((fee) => fee > 0n));
  assert.ok((await client.estimateFeesPerGas()).maxFeePerGas > 0n);
});

test('events are watched over a WebSocket', async () => {
  const socket = createPublicClient({ transport: webSocket(endpoint().replace(/^http/, 'ws')) });
  const logs = new Promise((resolve, reject) => {
    socket.watchContractEvent({ ...ledger, eventName: 'Added', onLogs: resolve, onError: reject });
  });
  await socket.getBlockNumber();
  await new Promise((resolve) => setTimeout(resolve, 200));
  await write('add', [13n]);
  assert.equal((await logs)[0].args.amount, 13n);
  (await socket.transport.getRpcClient()).close();
});

test('snapshots and impersonation work under the names of anvil', async () => {
  const test = createTestClient({ mode: 'anvil', chain: client.chain, transport: http(endpoint()) });
  const stranger = '0x00000000000000000000000000000000000A11cE';
  const id = await test.snapshot();
  await test.setBalance({ address: stranger, value: parseEther('1') });
  await test.impersonateAccount({ address: stranger });
  const hash = await wallet.sendTransaction({ account: stranger, to: account.address, value: 1n });
  assert.equal((await client.waitForTransactionReceipt({ hash })).status, 'success');
  await test.stopImpersonatingAccount({ address: stranger });
  await test.revert({ id });
  assert.equal(await client.getBalance({ address: stranger }), 0n);
});
