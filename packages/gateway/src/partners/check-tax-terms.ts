import { parseVatId } from "../company/vat-id.ts";
import { refuse, refuseField, type Refused } from "../app/problem.ts";
import type { components } from "../generated/api.ts";
import { findOperatorCompany, type Company } from "../store/parties.ts";
import type { Partner } from "../store/partners.ts";
import type { Reader } from "../store/store.ts";

/** A company as it is sent, as it is kept: what was left out is null, and a VAT id has no spaces, dots and hyphens. */
export function readCompany(input: components["schemas"]["CompanyInput"]): Company {
  const vatId = input.vatId ?? null;
  return {
    legalName: input.legalName,
    addressLines: input.addressLines,
    postalCode: input.postalCode ?? null,
    city: input.city,
    country: input.country,
    // One without the form is refused before it is kept.
    vatId: vatId === null ? null : (parseVatId(vatId, input.country)?.id ?? vatId),
    registrationNumber: input.registrationNumber ?? null,
    email: input.email ?? null,
  };
}

/**
 * Whether a partner's bills can be taxed so. Refuses with `vat_id_malformed`, then with `reverse_charge_not_allowed`:
 * the tax is left to the partner only where it has a VAT id of another country than the operator's.
 */
export async function refuseTaxTerms(
  db: Reader,
  { company, reverseCharge }: Pick<Partner, "company" | "reverseCharge">,
): Promise<Refused | null> {
  const vatId = findVatId(company);
  if (company !== null && company.vatId !== null && vatId === null)
    return refuseField(
      "vat_id_malformed",
      "/company/vatId",
      `${company.vatId} has not the form of a VAT id of ${company.country}, nor of the country whose prefix it bears.`,
    );
  if (!reverseCharge) return null;
  const operator = (await findOperatorCompany(db))?.party;
  if (operator === undefined || operator.vatId === null || operator.country === null)
    return refuse(
      "reverse_charge_not_allowed",
      "The gateway does not know the operator's own VAT id, which such a bill has to bear; set the EVERGATE_COMPANY_ variables.",
    );
  if (vatId === null)
    return refuse(
      "reverse_charge_not_allowed",
      "The partner has no VAT id; give its company with vatId.",
    );
  if (vatId.country === (parseVatId(operator.vatId, operator.country)?.country ?? operator.country))
    return refuse(
      "reverse_charge_not_allowed",
      `The partner's VAT id is one of ${vatId.country}, as the operator's is; the tax is the operator's to account for.`,
    );
  return null;
}

function findVatId(company: Company | null): ReturnType<typeof parseVatId> {
  return company === null || company.vatId === null
    ? null
    : parseVatId(company.vatId, company.country);
}
