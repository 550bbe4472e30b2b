/** The frame of a ZIP file (APPNOTE 6.3.3), as far as a workbook needs it: no encryption, nothing over 4 GB. */

export type ZipEntry = {
  readonly path: string;
  /** Where its header stands in the file. */
  readonly offset: number;
  readonly crc: number;
  readonly size: number;
  readonly packed: number;
  /** Written as it comes: deflated, with its sizes behind it rather than before. */
  readonly isStream: boolean;
};

const versionNeeded = 20;
/** 1980-01-01, the first date there is: the same rows give the same bytes whenever they are written. */
const dosDate = 0x21;
/** The largest part that the format can tell the size of. */
export const partBytesMax = 0xffff_ffff;

function common({ isStream, crc, packed, size, path }: ZipEntry, areKnown: boolean): Buffer {
  const bytes = Buffer.alloc(26);
  bytes.writeUInt16LE(versionNeeded, 0);
  // Bit 3: sizes follow the content; bit 11: the name is UTF-8.
  bytes.writeUInt16LE(isStream ? 0x0808 : 0x0800, 2);
  bytes.writeUInt16LE(isStream ? 8 : 0, 4);
  bytes.writeUInt16LE(0, 6);
  bytes.writeUInt16LE(dosDate, 8);
  bytes.writeUInt32LE(areKnown ? crc : 0, 10);
  bytes.writeUInt32LE(areKnown ? packed : 0, 14);
  bytes.writeUInt32LE(areKnown ? size : 0, 18);
  bytes.writeUInt16LE(Buffer.byteLength(path), 22);
  bytes.writeUInt16LE(0, 24);
  return bytes;
}

function signed(signature: number, ...rest: readonly Buffer[]): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(signature);
  return Buffer.concat([bytes, ...rest]);
}

export function zipHeader(entry: ZipEntry): Buffer {
  return signed(0x04034b50, common(entry, !entry.isStream), Buffer.from(entry.path));
}

export function zipDescriptor({ crc, packed, size }: Pick<ZipEntry, 'crc' | 'packed' | 'size'>): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32LE(crc, 0);
  bytes.writeUInt32LE(packed, 4);
  bytes.writeUInt32LE(size, 8);
  return signed(0x08074b50, bytes);
}

/** What ends a file: the list of its entries, and where that begins. */
export function zipDirectory(entries: readonly ZipEntry[], offset: number): Buffer {
  const listed = entries.map((entry) => {
    const made = Buffer.alloc(2);
    made.writeUInt16LE(versionNeeded);
    // No comment, disk 0, no attributes; then where the entry's header stands.
    const place = Buffer.alloc(14);
    place.writeUInt32LE(entry.offset, 10);
    return signed(0x02014b50, made, common(entry, true), place.subarray(0, 14), Buffer.from(entry.path));
  });
  const list = Buffer.concat(listed);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(list.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([list, signed(0x06054b50, end)]);
}
