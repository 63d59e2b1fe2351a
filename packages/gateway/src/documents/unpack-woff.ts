import { inflateSync } from "node:zlib";

const woffSignature = 0x774f_4646;
const woffHeaderLength = 44;
const woffEntryLength = 20;
const headerLength = 12;
const entryLength = 16;

/**
 * A font as it is before a WOFF file packs it (W3C, WOFF File Format 1.0); any other file stays as it is.
 * fontkit unpacks the table of all outlines anew for each glyph that it reads of a WOFF file, which takes milliseconds.
 */
export function unpackWoff(file: Buffer): Buffer {
  if (file.readUInt32BE(0) !== woffSignature) return file;
  const count = file.readUInt16BE(12);
  const head = Buffer.alloc(headerLength + count * entryLength);
  file.copy(head, 0, 4, 8);
  head.writeUInt16BE(count, 4);
  // What follows in the header is for binary search, which nobody does here: fontkit reads the whole directory.
  const pieces: Buffer[] = [head];
  let length = head.length;
  for (let index = 0; index < count; index += 1) {
    const from = woffHeaderLength + index * woffEntryLength;
    const offset = file.readUInt32BE(from + 4);
    const packedLength = file.readUInt32BE(from + 8);
    const tableLength = file.readUInt32BE(from + 12);
    const packed = file.subarray(offset, offset + packedLength);
    const table = packedLength < tableLength ? inflateSync(packed) : packed;
    const entry = headerLength + index * entryLength;
    file.copy(head, entry, from, from + 4);
    file.copy(head, entry + 4, from + 16, from + 20);
    head.writeUInt32BE(length, entry + 8);
    head.writeUInt32BE(tableLength, entry + 12);
    const padding = Buffer.alloc((4 - (table.length % 4)) % 4);
    pieces.push(table, padding);
    length += table.length + padding.length;
  }
  return Buffer.concat(pieces);
}
