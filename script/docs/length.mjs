// The README is a page or two.

import { complain, text } from './tree.mjs';

const README_LINES = 100;

export function checkLength() {
  const length = text('README.md').trimEnd().split('\n').length;
  if (length > README_LINES) complain('README.md', length, `longer than ${README_LINES} lines`);
}
