// Which contracts one call of cargo may build: cargo gives a crate the features of all that it builds together, and each program
// must come out as if it were built alone, as cargo-stylus builds it. So those go together whose trees agree on the features of
// every crate that they share. Prints a line of names for each group.
// usage: node script/contract-groups.mjs NAME...

import { execFileSync } from 'node:child_process';

const TREE = ['tree', '--locked', '--target', 'wasm32-unknown-unknown', '--edges', 'normal,build', '--prefix', 'none'];

/** Features of every crate that `name` is built from. One that runs on the host too may appear with two sets of them. */
function featuresOf(name) {
  const printed = execFileSync('cargo', [...TREE, '--format', '{p}|{f}', '--package', name], { encoding: 'utf8' });
  const sets = new Map();
  for (const line of printed.trim().split('\n')) {
    const [crate, features] = line.replace(/ \(\*\)$/, '').split('|');
    sets.set(crate, (sets.get(crate) ?? new Set()).add(features));
  }
  return new Map([...sets].map(([crate, features]) => [crate, [...features].sort().join(' ')]));
}

const agree = (one, other) => [...one].every(([crate, features]) => (other.get(crate) ?? features) === features);

const groups = [];
for (const name of process.argv.slice(2)) {
  const features = featuresOf(name);
  const group = groups.find(({ members }) => members.every((member) => agree(features, member.features)));
  if (group) group.members.push({ name, features });
  else groups.push({ members: [{ name, features }] });
}
for (const { members } of groups) console.log(members.map(({ name }) => name).join(' '));
