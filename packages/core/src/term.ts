/** What is ordered: a number of paid billing periods, at least 1, once or again and again (R13). */
export type TermOrder = { readonly periods: number; readonly renews: boolean };

/** A term with the number of its periods that are closed and charged. */
export type Term = TermOrder & { readonly used: number };

/** A term whose first period is the running or, if none runs, the next one. */
export function beginTerm(order: TermOrder): Term {
  return { periods: order.periods, used: 0, renews: order.renews };
}

/** One more paid period is over. Free and wholly paused periods never open, and so never count (R13). */
export function countPeriod(term: Term | null): Term | null {
  return term === null ? null : { ...term, used: term.used + 1 };
}

export function isTermOver(term: Term | null): boolean {
  return term !== null && term.used >= term.periods;
}

/**
 * The term that an order makes of the present one (R13); null is continuous.
 * It may grow, or keep its length and change whether it renews; from continuous, a term begins.
 *
 * Refusals: `term_not_prolonged`.
 */
export function prolongTerm(
  term: Term | null,
  order: TermOrder | null,
): Term | null | "term_not_prolonged" {
  if (order === null) return null;
  if (term === null) return beginTerm(order);
  if (order.periods < term.periods) return "term_not_prolonged";
  return { periods: order.periods, used: term.used, renews: order.renews };
}
