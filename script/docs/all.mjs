// Every check, over every document.

import { checkCitations } from './citations.mjs';
import { checkBlock } from './commands.mjs';
import { checkLength } from './length.mjs';
import { checkLinks } from './links.mjs';
import { lines, spans } from './markdown.mjs';
import { checkSpan } from './spans.mjs';
import { documents, found } from './tree.mjs';

for (const file of documents) {
  const shell = new Map();
  let block = [];
  const flush = () => {
    if (block.length > 0) checkBlock(file, block, shell);
    block = [];
  };
  for (const { number, line, kind } of lines(file)) {
    if (kind === 'sh') block.push({ number, line });
    else flush();
    if (kind !== 'text') continue;
    checkLinks(file, number, line);
    for (const span of spans(line)) checkSpan(file, number, span);
  }
  flush();
}
checkCitations();
checkLength();

for (const line of found) console.log(line);
console.log(`${documents.length} documents, ${found.length} complaints`);
if (found.length > 0) process.exitCode = 1;
