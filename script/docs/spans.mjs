// Code within the text of a document: a command, a path of the checkout, or a name of the code.

import { checkCommand } from './commands.mjs';
import { checkName } from './names.mjs';
import { checkPath, isPath } from './paths.mjs';

export function checkSpan(file, number, span) {
  if (/^(make|cargo|script\/[\w./-]+|bulkhead) ./.test(span)) checkCommand(file, number, span);
  else if (isPath(span)) checkPath(file, number, span);
  else checkName(file, number, span);
}
