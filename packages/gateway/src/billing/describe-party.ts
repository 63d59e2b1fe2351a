import type { Party } from "../store/parties.ts";

const countryNames = new Intl.DisplayNames("en", { type: "region" });

/** A company as it stands on a document: its name, its address, and the numbers by which authorities know it. */
export function describeParty(party: Party): readonly string[] {
  const place = [party.postalCode, party.city].filter((part) => part !== null).join(" ");
  return [
    party.name,
    ...party.addressLines,
    ...(place === "" ? [] : [place]),
    ...(party.country === null ? [] : [countryNames.of(party.country) ?? party.country]),
    ...(party.vatId === null ? [] : [`VAT id ${party.vatId}`]),
    ...(party.registrationNumber === null ? [] : [`Registration no. ${party.registrationNumber}`]),
    ...(party.email === null ? [] : [party.email]),
  ];
}

/** Who a document is from and to. */
export function describeParties(
  supplier: Party | null,
  recipient: Party,
): readonly { readonly heading: string; readonly lines: readonly string[] }[] {
  return [
    ...(supplier === null ? [] : [{ heading: "From", lines: describeParty(supplier) }]),
    { heading: "To", lines: describeParty(recipient) },
  ];
}

/** What European law wants to be said where the recipient owes the tax (Directive 2006/112/EC, Article 226, 11a). */
export const reverseChargeNote =
  "Reverse charge: the tax is to be accounted for by the recipient of the supply.";
