/** Files that were dropped by their paths, also those within a folder that was. */
export async function filesOf(transfer: DataTransfer): Promise<ReadonlyMap<string, File>> {
  // All entries are taken before anything is awaited: afterwards there are none.
  const entries = [...transfer.items]
    .map((item) => item.webkitGetAsEntry())
    .filter((entry) => entry !== null);
  const found = await Promise.all(entries.map(filesIn));
  return new Map(found.flat());
}

async function filesIn(entry: FileSystemEntry): Promise<(readonly [path: string, file: File])[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => {
      (entry as FileSystemFileEntry).file(resolve, reject);
    });
    return [[entry.fullPath.replace(/^\//, ''), file]];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: (readonly [string, File])[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => {
      reader.readEntries(resolve, reject); // a hundred at a time
    });
    if (some.length === 0) return found;
    for (const each of some) found.push(...(await filesIn(each)));
  }
}
