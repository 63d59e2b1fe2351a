import type { Channel } from "@evergate/sdk";
import { catalogue, type CatalogueEntry } from "../catalogue.ts";
import { getWidth } from "./screen.ts";
import { renderTable, type Column } from "./table.ts";

/** What the columns beside the names take. */
const otherWidth = 47;

/** The catalogue with the price of each channel. */
export function renderCatalogue(): string {
  const columns: readonly Column[] = [
    { title: "Code" },
    { title: "Product" },
    { title: "Unit" },
    { title: "Reseller", align: "right" },
    { title: "MSP", align: "right" },
    { title: "xSP", align: "right" },
  ];
  return renderTable(columns, catalogue.map(toRow));
}

function toRow({ code, name, unit, channels, unitPrice }: CatalogueEntry): readonly string[] {
  const priceFor = (channel: Channel): string => (channels.includes(channel) ? unitPrice : "–");
  return [code, shorten(name), unit, priceFor("reseller"), priceFor("msp"), priceFor("xsp")];
}

/** Where the terminal is narrow, the code tells what is cut off here. */
function shorten(name: string): string {
  const width = Math.max(20, getWidth() - otherWidth);
  return name.length <= width ? name : `${name.slice(0, width - 1)}…`;
}
