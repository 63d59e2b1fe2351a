import type SqliteDatabase from "better-sqlite3";

export interface SharedSnapshot {
  /** Called before every read. */
  readonly begin: () => void;
  /** Called whenever something has been written: who reads from here on sees it. */
  readonly end: () => void;
}

/**
 * One read transaction for all that is read in a turn of the event loop. Left to itself SQLite takes and gives back
 * its locks in the file for every single statement, at three system calls each, which cost more than finding the row.
 */
export function shareSnapshot(database: SqliteDatabase.Database): SharedSnapshot {
  const beginning = database.prepare("begin");
  const ending = database.prepare("commit");
  let isOpen = false;
  const end = (): void => {
    if (!isOpen) return;
    isOpen = false;
    if (database.open) ending.run();
  };
  return {
    begin() {
      if (isOpen) return;
      beginning.run();
      isOpen = true;
      setImmediate(end);
    },
    end,
  };
}
