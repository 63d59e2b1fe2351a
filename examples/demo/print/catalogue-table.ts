import type { Channel } from "@evergate/sdk";
import { catalogue, type CatalogueEntry } from "../catalogue.ts";
import { renderTable, type Column } from "./table.ts";

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
  return [code, name, unit, priceFor("reseller"), priceFor("msp"), priceFor("xsp")];
}
