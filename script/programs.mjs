// Which program serves which interface.

/** `risk-engine` implements `IRiskEngine`; `vault-trading`, a part of `IMarginVault`; `guard-settings`, one of `IOracleGuard`. */
export function interfaceOf(name) {
  if (name === 'guard-settings') return 'IOracleGuard';
  if (name.startsWith('vault-')) return 'IMarginVault';
  return `I${name.split('-').map((word) => word[0].toUpperCase() + word.slice(1)).join('')}`;
}
