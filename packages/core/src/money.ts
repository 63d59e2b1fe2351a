import type { Brand } from "./brand.ts";

/** A unit price in 10⁻⁶ of the currency's major unit (R19). */
export type UnitPrice = Brand<bigint, "UnitPrice">;
/** An amount in minor units of its currency (R21). */
export type Amount = Brand<bigint, "Amount">;
/** A percentage in 10⁻⁶ percent: 5 % is 5_000_000n. */
export type Percent = Brand<bigint, "Percent">;

/** Places after the point of prices and percentages (R19). */
const places = 6;
const scale = 1_000_000n;
/** 100 %. */
const whole = 100n * scale;

// For values that were checked before, as those of a database are.
export const toUnitPrice = (millionths: bigint): UnitPrice => millionths as UnitPrice;
export const toAmount = (minorUnits: bigint): Amount => minorUnits as Amount;
export const toPercent = (millionths: bigint): Percent => millionths as Percent;

export const noDiscount: Percent = toPercent(0n);
export const noAmount: Amount = toAmount(0n);

// ISO 4217, table A.1 of 2024: the currencies that don't have two digits.
const digitsByCurrency = new Map<string, number>([
  ..."BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
    .split(" ")
    .map((code) => [code, 0] as const),
  ..."BHD IQD JOD KWD LYD OMR TND".split(" ").map((code) => [code, 3] as const),
  ..."CLF UYW".split(" ").map((code) => [code, 4] as const),
]);

/** The digits after the point in amounts of an ISO 4217 currency. */
export function minorDigits(currency: string): number {
  return digitsByCurrency.get(currency) ?? 2;
}

/** Reads a price such as `2.00`, not negative, up to 6 places (R19); null if it is none. */
export function parsePrice(text: string): UnitPrice | null {
  const value = parseDecimal(text, places);
  return value === null ? null : toUnitPrice(value);
}

/** Writes a price with at least the digits of its currency, and as many more (up to 6) as it has. */
export function formatPrice(price: UnitPrice, currency: string): string {
  return formatDecimal(price, places, minorDigits(currency));
}

/** Reads a percentage such as `12.5`, from 0 to 100, up to 6 places; null if it is none. */
export function parsePercent(text: string): Percent | null {
  const value = parseDecimal(text, places);
  return value === null || value > whole ? null : toPercent(value);
}

/** Writes a percentage with no more digits than it has. */
export function formatPercent(percent: Percent): string {
  return formatDecimal(percent, places, 0);
}

/** Reads an amount such as `12.50`, with at most the digits of its currency; null if it is none. */
export function parseAmount(text: string, currency: string): Amount | null {
  const isNegative = text.startsWith("-");
  const value = parseDecimal(isNegative ? text.slice(1) : text, minorDigits(currency), 18);
  if (value === null) return null;
  return toAmount(isNegative ? -value : value);
}

/** Writes an amount with exactly the digits of its currency; credits have a minus. */
export function formatAmount(amount: Amount, currency: string): string {
  return formatDecimal(amount, minorDigits(currency), minorDigits(currency));
}

export function addAmounts(one: Amount, other: Amount): Amount {
  return toAmount(one + other);
}

export function subtractAmounts(one: Amount, other: Amount): Amount {
  return toAmount(one - other);
}

/** What R21 multiplies. `days` is null where the whole period is charged. */
export type Factors = {
  readonly unitPrice: UnitPrice;
  readonly quantity: number;
  readonly days: { readonly charged: number; readonly of: number } | null;
  readonly discountPercent: Percent;
};

/** Unit price × quantity × days ÷ days of the month × (1 − discount), exact until it is rounded once (R21). */
export function computeAmount(factors: Factors, currency: string): Amount {
  const { numerator, denominator } = multiply(factors);
  return toAmount(roundHalfUp(numerator * 10n ** BigInt(minorDigits(currency)), denominator));
}

/**
 * The same before it is rounded, in the major unit: a decimal such as `38.715`, or where that would never end a fraction
 * in lowest terms such as `1200/31`.
 */
export function formatExact(factors: Factors): string {
  const { numerator, denominator } = reduce(multiply(factors));
  let power = 1n;
  let digits = 0;
  // A fraction ends where its denominator has no prime factors but 2 and 5; ours end within these digits if at all.
  while (power % denominator !== 0n && digits < greatestDigits) {
    power *= 10n;
    digits += 1;
  }
  return power % denominator === 0n
    ? formatDecimal((numerator * power) / denominator, digits, 0)
    : `${numerator}/${denominator}`;
}

/** The same cut off after so many digits; null where that is all there is of it. */
export function formatCutOff(factors: Factors, digits: number): string | null {
  const { numerator, denominator } = multiply(factors);
  const scaled = numerator * 10n ** BigInt(digits);
  return scaled % denominator === 0n ? null : formatDecimal(scaled / denominator, digits, digits);
}

type Fraction = { readonly numerator: bigint; readonly denominator: bigint };

/** 6 of the price, 8 of the percentage, and 2 of a month's days. */
const greatestDigits = 16;

function multiply({ unitPrice, quantity, days, discountPercent }: Factors): Fraction {
  return {
    numerator:
      unitPrice * BigInt(quantity) * BigInt(days?.charged ?? 1) * (whole - discountPercent),
    denominator: BigInt(days?.of ?? 1) * whole * scale,
  };
}

function reduce({ numerator, denominator }: Fraction): Fraction {
  let [divisor, rest] = [numerator, denominator];
  while (rest !== 0n) [divisor, rest] = [rest, divisor % rest];
  return { numerator: numerator / divisor, denominator: denominator / divisor };
}

/** The tax on a net amount, rounded once, half up (R21). */
export function computeTax(net: Amount, taxRate: Percent): Amount {
  return toAmount(roundHalfUp(net * taxRate, whole));
}

/** The whole number nearest to a fraction with a positive denominator; a half goes up (R21). */
export function roundHalfUp(numerator: bigint, denominator: bigint): bigint {
  const doubled = 2n * numerator + denominator;
  const quotient = doubled / (2n * denominator);
  // Division of bigints cuts towards zero; what is wanted is the floor.
  return doubled < 0n && doubled % (2n * denominator) !== 0n ? quotient - 1n : quotient;
}

/** 15 digits before the point are more than any price has; an amount, being of many units, may have a few more. */
function parseDecimal(text: string, maxPlaces: number, maxDigits = 15): bigint | null {
  const match = /^(\d{1,18})(?:\.(\d{1,6}))?$/.exec(text);
  if (match === null) return null;
  const [, integer = "", fraction = ""] = match;
  if (integer.length > maxDigits || fraction.length > maxPlaces) return null;
  return BigInt(integer + fraction.padEnd(maxPlaces, "0"));
}

function formatDecimal(value: bigint, valuePlaces: number, minPlaces: number): string {
  const sign = value < 0n ? "-" : "";
  const digits = (value < 0n ? -value : value).toString().padStart(valuePlaces + 1, "0");
  const integer = digits.slice(0, digits.length - valuePlaces);
  let fraction = digits.slice(digits.length - valuePlaces);
  while (fraction.length > minPlaces && fraction.endsWith("0")) fraction = fraction.slice(0, -1);
  return sign + integer + (fraction === "" ? "" : `.${fraction}`);
}
