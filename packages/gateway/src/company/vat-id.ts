import { checkVAT, countries } from "jsvat-next";

/** A VAT id without its spaces, dots and hyphens, and the country that has given it. */
export interface VatId {
  readonly id: string;
  readonly country: string;
}

/** Countries whose VAT ids begin with a prefix of their own, so that a company can have one of another country than its own: the EU, the United Kingdom and Switzerland. */
const issuers = new Map(
  "AT BE BG CH CY CZ DE DK EE ES FI FR GB GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
    .split(" ")
    .map((code) => [code, countries.filter(({ codes }) => codes[0] === code)]),
);

/** Greece writes EL, and Northern Ireland XI (Council Directive 2006/112/EC, article 215). */
const countryOfPrefix: Readonly<Record<string, string>> = { EL: "GR", XI: "GB" };

/**
 * Reads a VAT id of a company in `country`; null where it has not the form of one of that country, nor of the issuer whose
 * prefix it bears. Of a country without a prefix of its own it is 2 to 20 letters and digits. Check digits are not
 * looked at: not all are published, and a number that exists must not be refused. Whether it exists, and whose it is,
 * only the authorities can tell.
 */
export function parseVatId(text: string, country: string): VatId | null {
  const id = text.toUpperCase().replaceAll(/[\s./-]/g, "");
  if (!/^[A-Z0-9+*]{2,20}$/.test(id)) return null;
  const prefix = id.slice(0, 2);
  const issuer = countryOfPrefix[prefix] ?? prefix;
  if (hasFormOf(issuer, id)) return { id, country: issuer };
  return issuers.has(country) ? null : { id, country };
}

function hasFormOf(issuer: string, id: string): boolean {
  const known = issuers.get(issuer);
  return known !== undefined && checkVAT(id, known).isValidFormat;
}
