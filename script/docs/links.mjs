// Links: the file is there, and has the heading.

import fs from 'node:fs';
import path from 'node:path';
import { anchors } from './markdown.mjs';
import { complain } from './tree.mjs';

export function checkLinks(file, number, line) {
  const bare = line.replace(/`[^`]*`/g, (span) => 'x'.repeat(span.length));
  const targets = [...bare.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target);
  const defined = /^\[[^\]]+\]:\s*(\S+)/.exec(bare);
  if (defined) targets.push(defined[1]);
  for (const target of targets.filter((found) => !/^[a-z]+:/.test(found))) {
    const [name, anchor] = target.split('#');
    const there = name === '' ? file : path.normalize(path.join(path.dirname(file), name));
    if (!fs.existsSync(there)) complain(file, number, `no such file: ${target}`);
    else if (anchor !== undefined && there.endsWith('.md') && !anchors(there).has(anchor)) {
      complain(file, number, `no such heading: ${target}`);
    } else if (anchor !== undefined && !there.endsWith('.md')) complain(file, number, `an anchor in a file that has none: ${target}`);
  }
}
