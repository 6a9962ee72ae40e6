// Commands of Cargo: the packages, programs and tests are there, and the options are Cargo's.

import path from 'node:path';
import { checkBulkhead } from './bulkhead.mjs';
import { checkDevnode } from './devnode.mjs';
import { checkNamed } from './paths.mjs';
import { all, complain, text } from './tree.mjs';

/** The workspace's packages: their folders and programs. */
const packages = new Map(
  all.filter((file) => /^(contracts|crates|test)\/.*Cargo\.toml$/.test(file)).map((file) => {
    const [, name] = /^name = "([^"]+)"/m.exec(text(file));
    const extra = [...text(file).matchAll(/^\[\[(test|bench|bin)\]\]\nname = "([^"]+)"/gm)].map(([, kind, called]) => `${kind} ${called}`);
    return [name, { folder: path.dirname(file), extra }];
  }),
);

const CARGO = {
  commands: /^(run|test|nextest|build|check|clippy|fmt|bench|doc)$/,
  others: /^(install|mutants|stylus)$/,
  valued: /^(-p|--package|--bin|--test|--bench|--example|--features|--target|--profile)$/,
  plain: /^(--release|--offline|--locked|--workspace|--all-targets|--all|--check|--lib|--bins|--tests|--doc|--quiet|--no-fail-fast|-q)$/,
};

/** Whether a package has a program of a kind by some name. */
function hasTarget(name, kind, called) {
  const { folder, extra } = packages.get(name);
  const within = { test: 'tests', bench: 'benches', example: 'examples', bin: 'src/bin' }[kind];
  const there = [`${folder}/${within}/${called}.rs`, `${folder}/${within}/${called}/main.rs`];
  return extra.includes(`${kind} ${called}`) || there.some((file) => all.includes(file)) || (kind === 'bin' && called === name);
}

export function checkCargo(file, number, [command, ...given]) {
  if (CARGO.others.test(command ?? '')) return checkNamed(file, number, given);
  if (!CARGO.commands.test(command ?? '')) return complain(file, number, `cargo has no command ${command}`);
  const split = given.indexOf('--');
  const [own, passed] = split < 0 ? [given, []] : [given.slice(0, split), given.slice(split + 1)];
  let of = null;
  for (let k = 0; k < own.length; k += 1) {
    const word = own[k];
    if (CARGO.valued.test(word)) {
      const value = own[(k += 1)];
      if (/^(-p|--package)$/.test(word)) {
        of = value;
        if (!packages.has(of) && !/^[A-Z]+$/.test(of)) return complain(file, number, `no package ${of}`);
      } else if (/^--(bin|test|bench|example)$/.test(word) && !/^[A-Z]+$/.test(value)) {
        const kind = word.slice(2);
        const has = of === null ? [...packages.keys()].some((name) => hasTarget(name, kind, value)) : hasTarget(of, kind, value);
        if (!has) complain(file, number, `${of ?? 'no package'} has no ${kind} ${value}`);
      }
    } else if (word.startsWith('-') && !CARGO.plain.test(word)) complain(file, number, `an option of cargo that is not known: ${word}`);
  }
  if (command !== 'run') return undefined;
  if (of === 'bulkhead') return checkBulkhead(file, number, passed);
  return of === 'devnode' ? checkDevnode(file, number, passed) : undefined;
}
