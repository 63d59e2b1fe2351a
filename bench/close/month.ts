/** The month before the running one, which a gateway that was down since its middle has still to close. */
export interface ClosingMonth {
  /** `YYYY-MM`. */
  readonly month: string;
  /** When its subscriptions were made: the month before, so that their trials are over. */
  readonly createdAt: number;
  /** When the gateway was seen last: amid the month. */
  readonly seenAt: number;
}

export function findClosingMonth(): ClosingMonth {
  const running = Temporal.Now.plainDateISO("UTC").toPlainYearMonth();
  const closing = running.subtract({ months: 1 });
  const middleOf = (month: Temporal.PlainYearMonth): number =>
    month.toPlainDate({ day: 15 }).toZonedDateTime("UTC").epochMilliseconds;
  return {
    month: closing.toString(),
    createdAt: middleOf(closing.subtract({ months: 1 })),
    seenAt: middleOf(closing),
  };
}
