// ethers 6 against the node, over HTTP and WebSocket.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Contract, ContractFactory, JsonRpcProvider, parseEther, Wallet, WebSocketProvider } from 'ethers';
import { artifact, CHAIN_ID, deployProgram, endpoint, privateKey } from './support.mjs';

/** For a second addition, which costs more than its estimate once the second in which that was made is over: it stores the time. */
const gasLimit = 200_000n;

let provider;
let wallet;
let ledger;

before(async () => {
  provider = new JsonRpcProvider(endpoint(), undefined, { cacheTimeout: -1 });
  wallet = new Wallet(privateKey(1), provider);
  const { abi, bytecode } = artifact('Ledger');
  ledger = await new ContractFactory(abi, bytecode, wallet).deploy();
  await ledger.waitForDeployment();
});

after(() => provider?.destroy());

test('the chain is the development chain', async () => {
  assert.equal((await provider.getNetwork()).chainId, BigInt(CHAIN_ID));
});

test('fees are those of EIP-1559', async () => {
  const fees = await provider.getFeeData();
  assert.ok(fees.gasPrice > 0n);
  assert.ok(fees.maxFeePerGas > 0n);
});

test('a transfer arrives', async () => {
  const to = Wallet.createRandom().address;
  const receipt = await (await wallet.sendTransaction({ to, value: parseEther('0.5') })).wait();
  assert.equal(receipt.status, 1);
  assert.equal(await provider.getBalance(to), parseEther('0.5'));
});

test('a contract is written to, read and its log is found', async () => {
  const receipt = await (await ledger.add(7n)).wait();
  assert.equal(await ledger.balanceOf(wallet.address), 7n);
  const events = await ledger.queryFilter(ledger.filters.Added(wallet.address), receipt.blockNumber, receipt.blockNumber);
  assert.equal(events.length, 1);
  assert.equal(events[0].args.amount, 7n);
  assert.equal(events[0].transactionHash, receipt.hash);
});

test('a custom error is decoded from a call and from an estimate', async () => {
  const isTooMuch = ({ code, data }) => {
    assert.equal(code, 'CALL_EXCEPTION');
    const error = ledger.interface.parseError(data);
    assert.equal(error.name, 'TooMuch');
    assert.deepEqual([...error.args], [wallet.address, 1001n]);
    return true;
  };
  await assert.rejects(ledger.add.staticCall(1001n), isTooMuch);
  await assert.rejects(ledger.add.estimateGas(1001n), isTooMuch);
});

test('a Stylus contract is deployed, activated and called', async () => {
  const pool = new Contract(await deployProgram(wallet, 'insurance-pool'), artifact('IInsurancePool').abi, provider);
  assert.equal(await pool.owner(), '0x0000000000000000000000000000000000000000');
});

test('blocks and logs are pushed over a WebSocket', async () => {
  const socket = new WebSocketProvider(endpoint().replace(/^http/, 'ws'));
  try {
    const heard = new Contract(ledger.target, ledger.interface, socket);
    const block = new Promise((resolve) => socket.once('block', resolve));
    const log = new Promise((resolve) => heard.once('Added', (sender, amount) => resolve([sender, amount])));
    await socket.getBlockNumber();
    await new Promise((resolve) => setTimeout(resolve, 200));
    const receipt = await (await ledger.add(3n, { gasLimit })).wait();
    assert.equal(await block, receipt.blockNumber);
    assert.deepEqual(await log, [wallet.address, 3n]);
  } finally {
    await socket.destroy();
  }
});
