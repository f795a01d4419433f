import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new folder. @param owner a test that removes it at its end, or `{ after }` of a suite */
export function temporaryFolder(owner: { after(remove: () => void): void }): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'esp-at-')));
  owner.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
