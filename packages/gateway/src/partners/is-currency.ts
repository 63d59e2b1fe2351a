const currencies = new Set(Intl.supportedValuesOf("currency"));

/** Whether a code is a currency's (ISO 4217, as the runtime's own tables have it). */
export function isCurrency(code: string): boolean {
  return currencies.has(code);
}
