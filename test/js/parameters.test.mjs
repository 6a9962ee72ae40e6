// The tables of parameters in docs/governance.md, held against the contracts: every default, every bound from both sides, every unit,
// and what the steward may do with each field.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Contract, JsonRpcProvider, toBeHex, Wallet, ZeroAddress } from 'ethers';
import { deployed, ETH, openMarket } from './market.mjs';
import { artifact, endpoint, privateKey, root } from './support.mjs';

const WAD = 10n ** 18n;
const NO_KEY = `0x${'0'.repeat(64)}`;
const SECONDS = { s: 1n, min: 60n, h: 3_600n, day: 86_400n, days: 86_400n };

/** Selectors of how setters refuse a struct. */
const REFUSALS = ['InvalidParameters', 'ParametersOutOfBounds', 'RangeLimitsOutOfBounds', 'SurfaceLimitsOutOfBounds'];

/** Where each kind of struct is read and set, and whether a key names it. */
const KINDS = [
  { on: 'vault', get: 'parameters', set: 'setParameters' },
  { on: 'vault', get: 'instrument', set: 'setInstrument', key: 'number' },
  { on: 'guard', get: 'parameters', set: 'setParameters' },
  { on: 'guard', get: 'rangeLimits', set: 'setRangeLimits', key: 'asset' },
  { on: 'pool', get: 'parameters', set: 'setParameters' },
  { on: 'vault', get: 'optionRules', set: 'setOptionRules', key: 'number' },
  { on: 'guard', get: 'surfaceLimits', set: 'setSurfaceLimits' },
];

/** Rules within their bounds, for an underlying that has none yet. */
const OPTION_RULES = {
  tick: WAD,
  strikeStep: 5n,
  strikeRange: WAD,
  longestExpiry: 90n * 86_400n,
  maxSeries: 8n,
  volRange: WAD / 2n,
  shortOptionRate: WAD / 100n,
  makerFee: 0n,
  takerFee: WAD / 1_000n,
  vegaLimit: 1_000_000n * WAD,
  gammaLimit: 1_000_000n * WAD,
};

const provider = new JsonRpcProvider(endpoint(), undefined, { cacheTimeout: -1 });
const wallet = new Wallet(privateKey(0), provider);
const files = {
  DEPLOYMENT_FILE: `out/deployment-${process.pid}.json`,
  GOVERNANCE_FILE: `out/governance-${process.pid}.json`,
};
let pristine;
let timelock;
let guardian;
let steward;
let asset;
const contracts = {};

before(async () => {
  pristine = await provider.send('evm_snapshot', []);
  const { DEPLOYMENT_FILE: deployment } = await deployed('Deploy.s.sol', { DEPLOYMENT_FILE: files.DEPLOYMENT_FILE });
  const market = await openMarket(wallet, deployment);
  const { GOVERNANCE_FILE: governance } = await deployed('governance/DeployGovernance.s.sol', files);
  ({ timelock, guardian } = governance);
  asset = market.asset;
  const at = (name, address) => new Contract(address, artifact(name).abi, provider);
  contracts.vault = at('IMarginVault', market.vault);
  contracts.pool = at('IInsurancePool', market.pool);
  contracts.guard = at('IOracleGuard', deployment.guard);
  steward = at('IRiskSteward', governance.steward);
});

after(async () => {
  await provider.send('evm_revert', [pristine]);
  for (const file of Object.values(files)) fs.rmSync(path.join(root, file), { force: true });
  provider.destroy();
});

/** The tables of the document, by kind: each row's field and cells. */
function tables() {
  const text = fs.readFileSync(path.join(root, 'docs', 'governance.md'), 'utf8');
  const sections = text.split(/^### Kind (?=\d)/m).slice(1);
  return sections.map((section) => {
    const rows = [...section.split(/^#{2,3} /m)[0].matchAll(/^\| (\d+) \| `(\w+)` \|(.*)\|$/gm)];
    return rows.map(([, place, field, rest]) => {
      const [, standard, least, most, unit, tighter] = rest.split('|').map((cell) => cell.trim());
      return { place: Number(place), field, standard, least, most, unit, tighter };
    });
  });
}

/** A decimal number as an integer of `scale`. */
function scaled(text, scale) {
  const [whole, fraction = ''] = text.split('.');
  return BigInt(whole + fraction) * scale / 10n ** BigInt(fraction.length);
}

/** `5 %`, `10 min`, `25 dollars`, `1`: in the scale of the ABI. */
function value(text) {
  const [, number, unit] = /^([\d.]+)(?: (\S+))?$/.exec(text) ?? assert.fail(`no value: ${text}`);
  if (unit === '%') return scaled(number, WAD / 100n);
  if (unit === 'dollars' || unit === 'units') return scaled(number, WAD);
  if (unit === undefined) return BigInt(number);
  return BigInt(number) * (SECONDS[unit] ?? assert.fail(`no unit: ${text}`));
}

/** What a field has to be a multiple of. */
function unitOf(text) {
  if (text === '') return 1n;
  const [, exponent] = /^1e-(\d+)$/.exec(text) ?? [];
  return exponent === undefined ? value(text) : WAD / 10n ** BigInt(exponent);
}

/** A bound: a value if it has one, and how it stands to other fields: `10 %, at most `dailyOutflow``. */
function boundOf(text) {
  const parts = text.split(', ').filter((part) => part !== '');
  const relations = parts.flatMap((part) => {
    const [, relation, other] = /^(at most|at least|below|above) `(\w+)`$/.exec(part) ?? [];
    return relation === undefined ? [] : [{ relation, other }];
  });
  const exclusive = parts.find((part) => /^above \d/.test(part));
  const plain = exclusive?.replace('above ', '') ?? parts.find((part) => /^\d/.test(part));
  return { value: plain === undefined ? undefined : value(plain), isExclusive: exclusive !== undefined, relations };
}

/** A struct as its contract has it, or rules that are not set yet. */
async function present(kind) {
  const { on, get, key } = KINDS[kind];
  if (get === 'optionRules') return { ...OPTION_RULES };
  const named = key === 'number' ? [ETH] : key === 'asset' ? [asset] : [];
  return (await contracts[on][get](...named)).toObject();
}

/** Whether the owner may set a struct so. A refusal for any reason but its bounds is an error. */
async function accepts(kind, struct) {
  const { on, set, key } = KINDS[kind];
  const named = key === 'number' ? [ETH] : key === 'asset' ? [asset] : [];
  try {
    await contracts[on].getFunction(set).staticCall(...named, struct, 0, { from: timelock });
    return true;
  } catch (error) {
    if (!REFUSALS.includes(error.revert?.name)) throw error;
    return false;
  }
}

/** `struct` with what a field at `value` asks of the others, so that its own bound is what decides. */
function withRoom(rows, struct, field, wanted) {
  const next = { ...struct, [field]: wanted };
  const unitBy = Object.fromEntries(rows.map((row) => [row.field, unitOf(row.unit)]));
  const push = (other, isAbove, isStrict) => {
    const unit = unitBy[other];
    const gap = isStrict ? unit : 0n;
    const enough = isAbove ? next[other] >= wanted + gap : next[other] + gap <= wanted;
    if (enough) return;
    const edge = isAbove ? wanted + gap : wanted - gap;
    next[other] = isAbove ? (edge + unit - 1n) / unit * unit : edge / unit * unit;
  };
  for (const row of rows) {
    for (const { relation, other } of [...boundOf(row.least).relations, ...boundOf(row.most).relations]) {
      const isUpper = relation === 'below' || relation === 'at most';
      const isStrict = relation === 'below' || relation === 'above';
      if (row.field === field) push(other, isUpper, isStrict);
      if (other === field) push(row.field, !isUpper, isStrict);
    }
  }
  return next;
}

/** A value within the bounds of two fields with some room on both sides, and a multiple of both units. */
function meeting(...rows) {
  const units = rows.map(({ unit }) => unitOf(unit));
  const step = units[0] > units[1] ? units[0] : units[1];
  const leasts = rows.map(({ least }) => boundOf(least).value ?? 0n);
  const least = leasts[0] > leasts[1] ? leasts[0] : leasts[1];
  return { common: (least / step + 3n) * step, step };
}

async function checkBounds(kind, rows, row, struct) {
  const { field } = row;
  const unit = unitOf(row.unit);
  for (const [text, outwards] of [[row.least, -1n], [row.most, 1n]]) {
    const bound = boundOf(text);
    if (bound.value !== undefined) {
      const last = bound.isExclusive ? bound.value - outwards * unit : bound.value;
      assert.ok(await accepts(kind, withRoom(rows, struct, field, last)), `${field} may be ${text}`);
      const beyond = last + outwards * unit;
      if (beyond >= 0n) {
        assert.ok(!(await accepts(kind, withRoom(rows, struct, field, beyond))), `${field} may not be beyond ${text}`);
      }
    }
    for (const { relation, other } of bound.relations) {
      const { common, step } = meeting(row, rows.find((found) => found.field === other));
      const isStrict = relation === 'below' || relation === 'above';
      const last = isStrict ? common - outwards * step : common;
      const base = withRoom(rows, withRoom(rows, struct, field, common), other, common);
      assert.ok(await accepts(kind, { ...base, [field]: last }), `${field} may be ${last}, ${relation} ${other}`);
      const beyond = { ...base, [field]: last + outwards * step };
      assert.ok(!(await accepts(kind, beyond)), `${field} has to be ${relation} ${other}`);
    }
  }
  if (row.least === '') return;
  const inside = boundOf(row.least).value ?? struct[field] - 2n * unit;
  const next = (inside / unit + 1n) * unit;
  assert.ok(await accepts(kind, withRoom(rows, struct, field, next)), `${field} may be ${next}, a multiple of ${row.unit}`);
  for (const part of [1n, unit / 2n, unit / 5n, unit / 10n].filter((part) => part > 0n && part < unit)) {
    const between = withRoom(rows, struct, field, next + part);
    assert.ok(!(await accepts(kind, between)), `${field} has to be a multiple of ${row.unit}`);
  }
}

async function send(from, to, data) {
  const hash = await provider.send('eth_sendTransaction', [{ from, to, data }]);
  const { status } = await provider.waitForTransaction(hash);
  assert.equal(status, 1);
}

/** What the steward may do with a field, once votes have set the widest corridor. */
async function roleOf(kind, place, current, corridor) {
  const { on, key } = KINDS[kind];
  const subject = {
    target: await contracts[on].getAddress(),
    kind,
    key: key === 'number' ? toBeHex(ETH, 32) : key === 'asset' ? asset : NO_KEY,
  };
  const data = steward.interface.encodeFunctionData('setCorridor', [subject, place, corridor, 0]);
  try {
    await provider.call({ from: timelock, to: await steward.getAddress(), data });
  } catch (error) {
    assert.equal(steward.interface.parseError(error.data)?.name, 'NotSteered');
    return 'votes';
  }
  await send(timelock, await steward.getAddress(), data);
  const { tightest } = (await steward.windows(subject))[place];
  if (tightest === current) return 'agents';
  return tightest > current ? 'up' : 'down';
}

test('the document has a table of every struct, in the order of its fields', async () => {
  const found = tables();
  assert.equal(found.length, KINDS.length);
  for (const [kind, rows] of found.entries()) {
    assert.deepEqual(rows.map(({ field }) => field), Object.keys(await present(kind)));
    assert.deepEqual(rows.map(({ place }) => place), rows.map((_, place) => place));
  }
});

test('every default is what the contracts start with', async () => {
  let checked = 0;
  for (const [kind, rows] of tables().entries()) {
    const struct = await present(kind);
    for (const { field, standard } of rows.filter((row) => row.standard !== '' && row.field !== 'treasury')) {
      assert.equal(struct[field], value(standard), field);
      checked += 1;
    }
  }
  assert.ok(checked > 30);
});

test('every bound is accepted, and nothing beyond it', async () => {
  for (const [kind, rows] of tables().entries()) {
    const struct = await present(kind);
    assert.ok(await accepts(kind, struct), `kind ${kind} as it is`);
    for (const row of rows) await checkBounds(kind, rows, row, struct);
  }
});

test('the treasury is somebody else than nobody, the vault and its pool', async () => {
  const struct = await present(0);
  assert.equal(struct.treasury, timelock);
  for (const treasury of [ZeroAddress, await contracts.vault.getAddress(), await contracts.pool.getAddress()]) {
    assert.ok(!(await accepts(0, { ...struct, treasury })));
  }
});

test('the steward moves and tightens what the document says', async () => {
  for (const account of [timelock, guardian]) {
    await provider.send('anvil_impersonateAccount', [account]);
    await provider.send('anvil_setBalance', [account, toBeHex(WAD)]);
  }
  const vault = await contracts.vault.getAddress();
  const rules = contracts.vault.interface.encodeFunctionData('setOptionRules', [ETH, OPTION_RULES, 0]);
  await send(timelock, vault, rules);
  for (const [kind, rows] of tables().entries()) {
    const struct = await present(kind);
    for (const { place, field, tighter } of rows) {
      const current = typeof struct[field] === 'bigint' ? struct[field] : 0n;
      const lowest = current / 2n;
      const corridor = { min: lowest, max: current * 2n + 1n, maxStep: WAD / 10n, delay: 3_600 };
      if (field === 'priceBand') corridor.min = WAD / 200n;
      if (field === 'gracePeriod') [corridor.min, corridor.max] = [600n, 14_400n];
      assert.equal(await roleOf(kind, place, current, corridor), tighter, field);
    }
  }
});

test('two fields have corridors that reach no further', async () => {
  const refused = async (kind, place, corridor) => {
    const { on, key } = KINDS[kind];
    const subject = { target: await contracts[on].getAddress(), kind, key: key === 'number' ? toBeHex(ETH, 32) : NO_KEY };
    const data = steward.interface.encodeFunctionData('setCorridor', [subject, place, corridor, 0]);
    await assert.rejects(provider.call({ from: timelock, to: await steward.getAddress(), data }), (error) => {
      assert.equal(steward.interface.parseError(error.data)?.name, 'CorridorOutOfBounds');
      return true;
    });
  };
  const steps = { maxStep: WAD / 10n, delay: 3_600 };
  await refused(1, 3, { min: WAD / 200n - 1n, max: WAD, ...steps });
  await refused(2, 4, { min: 599n, max: 14_400n, ...steps });
  await refused(2, 4, { min: 600n, max: 14_401n, ...steps });
});
