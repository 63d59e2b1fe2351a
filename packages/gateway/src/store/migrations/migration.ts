/** The few words in which the two databases differ. */
export interface Words {
  /** Text that sorts byte by byte on both: ids, codes and days. */
  readonly id: string;
  /** A whole number within ±2⁵³. */
  readonly int8: string;
  /** Digits of any number: minor units of money. */
  readonly amount: string;
  /** Ends a table that is only ever reached through its key: SQLite then stores the rows in the key itself. */
  readonly partnerTable: string;
}

export interface Migration {
  readonly name: string;
  readonly statements: (words: Words) => readonly string[];
}
