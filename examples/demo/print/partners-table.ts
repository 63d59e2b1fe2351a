import type { Partner } from "@evergate/sdk";
import { renderTable, type Column } from "./table.ts";

/** The partners with the terms that matter in the demo. */
export function renderPartners(partners: readonly Partner[]): string {
  const columns: readonly Column[] = [
    { title: "Name" },
    { title: "Type" },
    { title: "Free at first" },
    { title: "Tax", align: "right" },
  ];
  return renderTable(columns, partners.map(toRow));
}

function toRow({ name, type, taxRate }: Partner): readonly string[] {
  const free = type === "xsp" ? "as its offers say" : "until the month's end";
  return [name, type, free, `${taxRate} %`];
}
