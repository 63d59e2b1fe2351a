import type { Instant } from "@evergate/core";

/** Text with a smaller one beneath. */
export interface DetailedText {
  readonly text: string;
  readonly detail?: string | undefined;
}

export interface TableColumn {
  readonly heading: string;
  /** In points of 1/72 inch; null: what the others leave. One column has to take the rest. */
  readonly width: number | null;
  readonly align: "start" | "end";
}

/** What stands in the table, from top to bottom. */
export type TableItem =
  /** Begins a section, such as a customer's; it is named again on each page on which it goes on. */
  | { readonly kind: "section"; readonly title: string; readonly detail?: string | undefined }
  /** As many cells as there are columns. */
  | { readonly kind: "row"; readonly cells: readonly (string | DetailedText)[] }
  /** What the section comes to; it never stands on a page without a row. */
  | { readonly kind: "subtotal"; readonly name: string; readonly value: string };

export interface NamedValue {
  readonly name: string;
  readonly value: string;
  readonly isStrong?: boolean;
}

/**
 * A document to print that consists of one long table: a bill, a credit note, a report.
 * The table is read as it is printed, once, however long it is.
 */
export interface TableDocument {
  /** Such as "Bill 2026-000123"; it is in every page's foot. */
  readonly title: string;
  readonly subtitle?: string | undefined;
  /** What must not be overlooked, in bold under the title. */
  readonly warning?: string | undefined;
  /** Who issues it: the author in the file's properties, and in every page's foot. */
  readonly issuer: string | null;
  /** When it was issued. Nothing else in the file tells of a time, so that the same document is the same file. */
  readonly issuedAt: Instant;
  /** Who it is from and to, side by side; two at most. */
  readonly parties: readonly { readonly heading: string; readonly lines: readonly string[] }[];
  /** What else has to be said first, such as its number and date. */
  readonly facts: readonly NamedValue[];
  readonly columns: readonly TableColumn[];
  /** In batches of any size. */
  readonly items: AsyncIterable<readonly TableItem[]>;
  /** Asked for at the end, once all items have been read. */
  readonly totals: () => readonly NamedValue[];
  /** Sentences at the end. */
  readonly notes: readonly string[];
}
