// A market to call: the deployment scripts, and one perpetual listed through the factory.

import fs from 'node:fs';
import path from 'node:path';
import { AbiCoder, Contract, ContractFactory, encodeBytes32String, parseEther, parseUnits } from 'ethers';
import { artifact, root, run } from './support.mjs';

/** What `createMarket` takes, encoded: IMarketFactory.MarketConfig. */
const FEED = '(address primary, address secondary, uint32 heartbeat, uint32 secondaryHeartbeat, uint128 floor, uint128 ceiling)';
const INSTRUMENT =
  '(bytes32 asset, uint64 maintenanceRate, uint64 initialRate, uint64 priceBand, uint64 makerFee, uint64 takerFee,' +
  ' uint64 shock, uint128 openInterestLimit, uint128 coverAllowance)';
const LISTING = `(uint32 instrument, bytes32 symbol, ${FEED} feed, ${INSTRUMENT} parameters)`;
const MARKET_CONFIG = `(bytes32 salt, address quoteToken, ${LISTING}[] listings, uint256 bond)`;

/** The number of the perpetual that `openMarket` lists. */
export const ETH = 1;
const DOLLARS = 194;
const FEED_DECIMALS = 8;
const HOUR = 3_600;

const wad = (number) => parseEther(`${number}`);

/** Runs a script with what `files` say of where it reads and writes addresses; answers what it has written, by file. */
export async function deployed(script, files) {
  await run('forge', ['script', `script/${script}`], { env: { ...process.env, ...files } });
  const read = (file) => JSON.parse(fs.readFileSync(path.join(root, file), 'utf8'));
  return Object.fromEntries(
    Object.entries(files).flatMap(([name, file]) => (fs.existsSync(path.join(root, file)) ? [[name, read(file)]] : [])),
  );
}

async function sent(transaction) {
  return (await transaction).wait();
}

/** Creates a market in ETH; the wallet is its creator, and pays the bond with test dollars. Returns its addresses. */
export async function openMarket(wallet, deployment) {
  const at = (name, address) => new Contract(address, artifact(name).abi, wallet);
  const factory = at('IMarketFactory', deployment.factory);
  const token = at('QuoteToken', deployment.quoteToken);
  const bond = await factory.minimumBond(deployment.quoteToken);
  await sent(token.mint(wallet.address, bond));
  await sent(token.approve(deployment.factory, bond));

  const { abi, bytecode } = artifact('PriceFeed');
  const price = parseUnits(`${DOLLARS}`, FEED_DECIMALS);
  const second = await new ContractFactory(abi, bytecode, wallet).deploy(wallet.address, FEED_DECIMALS, 'ETH / USD', price);
  await second.waitForDeployment();

  const listing = {
    instrument: ETH,
    symbol: encodeBytes32String('ETH'),
    feed: {
      primary: deployment.priceFeed,
      secondary: await second.getAddress(),
      heartbeat: HOUR,
      secondaryHeartbeat: HOUR,
      floor: wad(1),
      ceiling: wad(100_000),
    },
    parameters: {
      asset: `0x${'0'.repeat(64)}`,
      maintenanceRate: wad(0.05),
      initialRate: wad(0.1),
      priceBand: wad(0.05),
      makerFee: wad(0.0002),
      takerFee: wad(0.0005),
      shock: wad(1.5),
      openInterestLimit: wad(1_000_000),
      coverAllowance: wad(10_000),
    },
  };
  const salt = encodeBytes32String('documentation');
  const config = { salt, quoteToken: deployment.quoteToken, listings: [listing], bond };
  await sent(factory.createMarket(AbiCoder.defaultAbiCoder().encode([MARKET_CONFIG], [config])));
  const { vault, pool } = await factory.predict(wallet.address, salt);
  const { asset } = await at('IMarginVault', vault).instrument(ETH);
  return { vault, pool, asset };
}
